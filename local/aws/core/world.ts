import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createWriter, load } from './persistence.ts'
import { ServiceState } from './state.ts'
import { everything } from './table.ts'
import { services } from './types.ts'
import type { Visible } from './table.ts'
import type { AwsOptions, Fault, Place, Service } from './types.ts'

/** The state of all services, and how it gets to disk. */
export interface World {
  readonly state: Readonly<Record<Service, ServiceState>>
  /** Resolves when everything committed so far is durable. */
  save(service: Service): Promise<void>
  /** What a read sees, of its own service or another: all commits, or those that its lag or a fault leaves. */
  visible(service: Service, operation: string, place: Place, fault?: Fault, of?: Service): Visible
}

/** The longest a `stale` fault can look back: ListSecrets may be five minutes behind. */
const STALE_LIMIT = 300_000

export function createWorld(options: AwsOptions): World {
  // The tagging API shows what the others hold.
  const shared = Math.max(longestLag(options, 'tagging'), options.faults ? STALE_LIMIT : 0)
  const state = byService((service) => new ServiceState(Math.max(longestLag(options, service), shared)))
  const writers = options.directory === undefined ? undefined : openDirectory(options.directory, state)
  return {
    state,
    save: async (service) => writers?.[service](),
    visible: (service, operation, place, fault, of = service) => {
      if (fault?.kind === 'stale' && fault.ms === undefined) return state[of].beforeLast(partitionOf(of, place))
      const lag = fault?.kind === 'stale' ? Math.min(fault.ms ?? 0, STALE_LIMIT) : lagOf(options, service, operation)
      if (lag === 0) return everything
      const horizon = options.clock.now() - lag
      return (commit) => commit.at <= horizon
    },
  }
}

/** IAM and STS are global to an account. */
export function partitionOf(service: Service, place: Place): string {
  return service === 'iam' || service === 'sts' ? place.account : `${place.account}/${place.region}`
}

function openDirectory(directory: string, state: World['state']): Record<Service, () => Promise<void>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return byService((service) => {
    const path = join(directory, `${service}.json`)
    load(path, state[service])
    return createWriter(path, service === 'secretsmanager' ? 0o600 : 0o644, state[service])
  })
}

function lagOf(options: AwsOptions, service: Service, operation: string): number {
  const lag = options.readLag?.[service]
  return typeof lag === 'object' ? (lag[operation] ?? 0) : (lag ?? 0)
}

function longestLag(options: AwsOptions, service: Service): number {
  const lag = options.readLag?.[service] ?? 0
  return typeof lag === 'object' ? Math.max(0, ...Object.values(lag)) : lag
}

function byService<T>(make: (service: Service) => T): Record<Service, T> {
  return Object.fromEntries(services.map((service) => [service, make(service)])) as Record<Service, T>
}
