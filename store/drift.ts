import { mostOpenFindings, soon, type Closing, type Finding, type OpenFinding, type Repair } from '../domain/fleet.ts'
import { canonical } from '../domain/hash.ts'
import type { Store } from '../domain/store.ts'
import type { Condition, Table, Update } from '../domain/table.ts'
import { together } from './changing.ts'
import { stillAs } from './guards.ts'
import { type Stored, asJson, keyOf, living } from './record.ts'
import type { Settings } from './settings.ts'
import { isAwake, wake } from './waking.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/** What looks at the fleet found, beside what the resource is: `drift` on its record, one list for all shards. */
export function createDrift(table: Table, { clock }: Pick<Settings, 'clock'>): Pick<Store, 'drifted'> {
  return {
    drifted: (ref, found) =>
      untilWritten(keyOf(ref), async () => {
        const item = living(await table.get(keyOf(ref)))
        if (item === undefined) return 'unchanged'
        const now = clock.now()
        const news = written(item, merged(driftOf(item), found, new Date(now).toISOString()))
        const isNew = news.set.length + news.remove.length > 0
        const awake = isAwake(item, isNew ? now : now + soon)
        const { set, remove } = together(news, found.wake && !awake ? wake(item, now) : {})
        if (set.length + remove.length === 0) return 'unchanged'
        return (await tryUpdate(table, keyOf(ref), { set, remove }, unseen(item))) && 'updated'
      }),
  }
}

/** What a run says about the findings on record. */
export function closing(item: Stored, verdict: (finding: OpenFinding) => Closing, now: number): Update {
  const before = driftOf(item).map((finding) => [verdict(finding), finding] as const)
  const those = (how: Closing) => before.flatMap(([what, finding]) => (what === how ? [finding] : []))
  const repair: Repair = { at: new Date(now).toISOString(), findings: those('repaired') }
  const repaired: Update = repair.findings.length > 0 ? { set: [[['repaired'], asJson(repair)]] } : {}
  return together(written(item, those('open')), repaired)
}

/** Holds while nobody wrote to it: findings of another look, that came in between, would be lost otherwise. */
export function unseen(item: Stored): Condition {
  return { op: 'all', of: [stillAs(item), { op: 'equals', path: ['revision'], value: item.revision }] }
}

function driftOf(item: Stored): readonly OpenFinding[] {
  return (item['drift'] ?? []) as unknown as readonly OpenFinding[]
}

type Found = Parameters<Store['drifted']>[1]

function merged(before: readonly OpenFinding[], found: Found, now: string): readonly OpenFinding[] {
  const mine = before.filter(({ shard }) => shard === found.shard)
  const others = before.filter(({ shard }) => shard !== found.shard && found.shards?.has(shard) !== false)
  const seen = new Set(found.findings.map(identity))
  const kept = mine.filter((finding) => !seen.has(identity(finding)) && found.keep?.(finding))
  const open = found.findings.map((finding): OpenFinding => {
    const since = mine.find((old) => identity(old) === identity(finding))?.since ?? now
    return { ...finding, shard: found.shard, since }
  })
  return [...others, ...kept, ...open].slice(0, mostOpenFindings)
}

/** The same thing that differs in the same way: words about it may change. */
function identity({ kind, where, cluster = '' }: Finding): string {
  return canonical([kind, where, cluster])
}

function written(item: Stored, drift: readonly OpenFinding[]): Required<Pick<Update, 'set' | 'remove'>> {
  if (canonical(drift) === canonical(driftOf(item))) return { set: [], remove: [] }
  if (drift.length === 0) return { set: [], remove: [['drift']] }
  return { set: [[['drift'], asJson(drift)]], remove: [] }
}
