import type { Random } from '../../domain/effects.ts'
import type { EventBus } from '../../domain/events.ts'
import type { SourceHeads } from '../../domain/git.ts'
import type { SourceRecord } from '../../domain/records.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import { isSettled } from './git.ts'
import { toShow } from './read.ts'

export interface HeadsPorts {
  readonly store: Pick<Store, 'list' | 'requests'>
  readonly bus: EventBus
  readonly heads: SourceHeads
  readonly random: Pick<Random, 'fraction'>
}

export interface HeadsSeen {
  readonly sources: number
  /** Whose head is not the one on record, or cannot be told. */
  readonly changed: number
  readonly failed: number
  /** Sources that are read now. */
  readonly events: number
}

/**
 * As many sources whose head could not be asked for are read one by one, which puts on record what is wrong: a host that
 * is down for all of them shall not be asked a thousand times more. Chance picks them, so that each has its turn.
 */
const mostFailed = 20

/**
 * The heads of all sources against those on record, because webhooks get lost. What differs is read; so is what a
 * reading left unfinished: problems, because the platform may allow by now what it did not, removals that wait for a go,
 * and check runs that could not be written. All others start nothing.
 */
export async function lookAtHeads(ports: HeadsPorts): Promise<HeadsSeen> {
  const sources = (await ports.store.list('Source')).flatMap((record) =>
    record.spec === undefined ? [] : [{ record, spec: record.spec as SourceSpec }],
  )
  const unfinished = await keep(sources, (one) => isUnfinished(ports.store, one))
  const asked = sources.flatMap(({ record, spec }) =>
    spec.type === 'port' || unfinished.has(record.name)
      ? []
      : [{ name: record.name, head: record.head, location: spec }],
  )
  const found = await ports.heads.heads(asked.map(({ name, location }) => ({ name, location })))
  const failed = asked.filter(({ name }) => found.get(name)?.failure !== undefined)
  const changed = asked.filter(({ name, head }) => {
    const seen = found.get(name)
    return seen?.failure === undefined && (seen?.head === undefined || seen.head !== head)
  })
  const looked = [...unfinished, ...[...changed, ...some(failed, ports.random)].map(({ name }) => name)]
  await ports.bus.publish(looked.map((source) => ({ type: 'SourceChanged', detail: { source, reason: 'schedule' } })))
  return { sources: sources.length, changed: changed.length, failed: failed.length, events: looked.length }
}

interface Declared {
  readonly record: SourceRecord
  readonly spec: SourceSpec
}

async function isUnfinished({ requests }: HeadsPorts['store'], { record, spec }: Declared): Promise<boolean> {
  if (spec.type === 'port') return (await requests.pending(record.name)).length > 0
  return !isSettled(record) || toShow(record, spec, record) !== null
}

async function keep(sources: readonly Declared[], wanted: (one: Declared) => Promise<boolean>) {
  const answers = await Promise.all(sources.map(wanted))
  return new Set(sources.filter((_, index) => answers[index]).map(({ record }) => record.name))
}

function some<Source>(sources: readonly Source[], random: HeadsPorts['random']): readonly Source[] {
  const start = Math.floor(random.fraction() * sources.length)
  return [...sources.slice(start), ...sources.slice(0, start)].slice(0, mostFailed)
}
