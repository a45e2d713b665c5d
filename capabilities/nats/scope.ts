import { canonical } from '../../domain/hash.ts'
import type { NatsSpec } from './schema.ts'

/** What a role may do, in the server's terms. Sorted, so that the order of a manifest changes nothing. */
export type Scope = {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  /** May answer what it received, on the subject that the requester named. */
  readonly respond: boolean
}

/**
 * Nobody else's: two clusters of one environment share an account, so the cluster is part of it. Labels hold no
 * `_`, so three of them joined by it are unambiguous.
 */
export function inboxPrefix(system: string, workload: string, cluster: string): string {
  return `_INBOX_${system}_${workload}_${cluster}`
}

export function scopeOf(spec: Omit<NatsSpec, 'expiresAfter' | 'renewBefore'>, inbox: string): Scope {
  const { publish = [], subscribe = [], request = [], reply = [] } = spec
  return {
    publish: sorted([...publish, ...request]),
    subscribe: sorted([...subscribe, ...reply, ...(request.length > 0 ? [`${inbox}.>`] : [])]),
    respond: reply.length > 0,
  }
}

interface Direction {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

export interface Template {
  readonly subs: -1
  readonly data: -1
  readonly payload: -1
  readonly pub: Direction
  readonly sub: Direction
  readonly resp?: { readonly max: number; readonly ttl: number }
}

/** One answer within two minutes of the request: the server's own defaults, which `max: 0` would leave to it. */
const oneAnswer = { max: 1, ttl: 120_000_000_000 }

/**
 * Built by hand: the library's helper adds `resp: {max: 0, ttl: 0}`, which lets a role answer anything, and an
 * empty direction allows everything in it.
 */
export function templateOf(scope: Scope): Template {
  return {
    subs: -1,
    data: -1,
    payload: -1,
    pub: direction(scope.publish),
    sub: direction(scope.subscribe),
    ...(scope.respond ? { resp: oneAnswer } : {}),
  }
}

/** The scope that `templateOf` made this of; undefined for a template that it did not make. */
export function scopeFrom(template: unknown): Scope | undefined {
  const { pub, sub, resp } = (template ?? {}) as Partial<Template>
  const scope = { publish: pub?.allow ?? [], subscribe: sub?.allow ?? [], respond: resp !== undefined }
  return canonical(templateOf(scope)) === canonical(template) ? scope : undefined
}

function direction(subjects: readonly string[]): Direction {
  return subjects.length > 0 ? { allow: subjects } : { deny: ['>'] }
}

function sorted(subjects: readonly string[]): readonly string[] {
  return [...new Set(subjects)].toSorted()
}
