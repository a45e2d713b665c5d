import { Conflict } from '../domain/errors.ts'
import type { Status, WorkloadRecord } from '../domain/records.ts'
import type { Ref, Store } from '../domain/store.ts'
import type { Json, Table, Update } from '../domain/table.ts'
import { heldBy, isHeldBy, oldFence } from './guards.ts'
import { type Stored, asJson, isTombstone, keyOf } from './record.ts'
import { tryUpdate, untilWritten } from './writing.ts'

const retired: Status = { phase: 'Retired', observedGeneration: 0, conditions: [], placements: {}, outputs: {} }

/**
 * Turns a record into its tombstone and ends the lease. Left are the incarnation, the last generation of each
 * credential, the claims of what was retained, and who did what.
 */
export function createBurial(table: Table): Store['bury'] {
  return (ref, fence) =>
    untilWritten(keyOf(ref), async () => (await bury(table, ref, fence)) || undefined).then(() => undefined)
}

/** False: something was written between reading and writing. */
async function bury(table: Table, ref: Ref, fence: number): Promise<boolean> {
  const key = keyOf(ref)
  const item = (await table.get(key)) as Stored | undefined
  // An earlier call got through, and its answer was lost.
  if (item?.fence === fence && isTombstone(item)) return true
  if (!isHeldBy(item, fence)) throw oldFence(key, fence)
  if (isWanted(item)) throw new Conflict(`${key} was declared again while it was being retired`)
  const unchanged = { op: 'equals', path: ['revision'], value: item.revision } as const
  return (await tryUpdate(table, key, tombstone(item), { op: 'all', of: [heldBy(fence), unchanged] })) !== undefined
}

/** Only a workload says that it is to be retired; the others say by `dirty` that they were declared meanwhile. */
function isWanted(item: Stored): boolean {
  return item.intent === undefined ? item.dirty === true : item.intent !== 'retire'
}

function tombstone(item: Stored): Update {
  return {
    set: [
      [['status'], asJson({ ...retired, observedGeneration: item.generation })],
      [['reported'], {}],
      ...(item['kind'] === 'Workload' ? workloadTombstone(item) : []),
    ],
    remove: [['spec'], ['holder'], ['until'], ['dirty'], ['again'], ['attentionAt'], ['unsettledSince'], ['drift']],
  }
}

function workloadTombstone(item: Stored): NonNullable<Update['set']> {
  const credentials = item['credentials'] as unknown as WorkloadRecord['credentials']
  return [
    [['credentials'], lastGenerations(credentials)],
    [['rotations'], {}],
    [['removals'], {}],
    [['runs'], {}],
  ]
}

function lastGenerations(credentials: WorkloadRecord['credentials']): Json {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, { kind, generation, state, versionId, highest = generation }]) => {
      return [name, { kind, generation, state, versionId, ...(highest > generation ? { highest } : {}) }]
    }),
  )
}
