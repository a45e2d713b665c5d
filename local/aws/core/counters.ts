import { services } from './types.ts'
import type { Access, CallCounts, Service } from './types.ts'

/** How often Fairway asked AWS for something, refused and failed calls included: every attempt costs. */
export class CallCounters {
  #counts = new Map<Service, { reads: number; writes: number }>()

  add(service: Service, access: Access): void {
    const counts = this.#counts.get(service) ?? { reads: 0, writes: 0 }
    counts[access === 'read' ? 'reads' : 'writes'] += 1
    this.#counts.set(service, counts)
  }

  /** All services, also those that were never called. */
  snapshot(): Readonly<Record<Service, CallCounts>> {
    const entries = services.map((service) => [service, { reads: 0, writes: 0, ...this.#counts.get(service) }])
    return Object.fromEntries(entries) as Record<Service, CallCounts>
  }

  reset(): void {
    this.#counts.clear()
  }
}
