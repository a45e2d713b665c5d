import type { Ceiling, Violation } from '../../domain/ceiling.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { hours } from './schema.ts'
import type { NatsPart, NatsSpec } from './schema.ts'
import { liesUnder } from './subjects.ts'

const lists = ['publish', 'subscribe', 'request', 'reply'] as const

/** Every subject lies under one of the system's prefixes, and credentials live no longer than it allows. */
export const ceiling: Ceiling<NatsPart> = {
  check({ nats }, { name, spec }) {
    if (!nats) return []
    if (!spec.nats) {
      const message = `the System ${name} has no NATS; remove this, or ask its owners to declare \`nats.prefixes\``
      return [{ path: ['nats'], message }]
    }
    return [...subjects(nats, name, spec.nats), ...expiry(nats, name, spec.nats)]
  },
}

type Allowed = NonNullable<SystemSpec['nats']>

function subjects(nats: NatsSpec, system: string, { prefixes }: Allowed): Violation[] {
  return lists.flatMap((list) =>
    (nats[list] ?? []).flatMap((subject, index) => {
      if (prefixes.some((prefix) => liesUnder(subject, prefix))) return []
      const message = `"${subject}" is outside what the System ${system} allows; it must lie under ${choice(prefixes)}`
      return [{ path: ['nats', list, index], message }]
    }),
  )
}

function expiry(nats: NatsSpec, system: string, { maxExpiry }: Allowed): Violation[] {
  if (hours(nats.expiresAfter) <= hours(maxExpiry)) return []
  const message = `${nats.expiresAfter} is longer than the System ${system} allows; write ${maxExpiry} or less`
  return [{ path: ['nats', 'expiresAfter'], message }]
}

function choice(prefixes: readonly string[]): string {
  return prefixes.map((prefix) => `"${prefix}"`).join(' or ')
}
