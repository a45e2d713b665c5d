/** Remote reads and writes by service, as the demo reports them. The store is counted apart: leases are its only writes when all is well (P1). */
export interface Counts {
  readonly [service: string]: { reads: number; writes: number }
}

export interface Counter {
  read(service: string): void
  write(service: string): void
  /** Since the last reset. */
  snapshot(): Counts
  reset(): void
}

export function createCounter(): Counter {
  let counts: Record<string, { reads: number; writes: number }> = {}
  const of = (service: string) => (counts[service] ??= { reads: 0, writes: 0 })
  return {
    read: (service) => void (of(service).reads += 1),
    write: (service) => void (of(service).writes += 1),
    snapshot: () => structuredClone(counts),
    reset: () => void (counts = {}),
  }
}
