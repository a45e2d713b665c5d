import { specHash } from '../domain/hash.ts'
import type { Admission, Declaration, Store } from '../domain/store.ts'
import type { Json, Table, Update } from '../domain/table.ts'
import { audited, auditEntry } from './audit.ts'
import { together } from './changing.ts'
import { stillAs } from './guards.ts'
import { type Stored, asJson, freshAttributes, isTombstone, keyOf, toRecord, untouched } from './record.ts'
import { firstIncarnation } from './restoring.ts'
import type { Settings } from './settings.ts'
import { unsettled, unsettledAttributes } from './settling.ts'
import { wake } from './waking.ts'
import { tryCreate, tryUpdate, untilWritten } from './writing.ts'

export function createAdmission(table: Table, settings: Settings): Store['declare'] {
  return (declaration) => untilWritten(keyOf(declaration.ref), () => declare(table, settings, declaration))
}

/** Undefined: somebody else wrote between reading and writing. */
async function declare(table: Table, settings: Settings, declaration: Declaration): Promise<Admission | undefined> {
  const key = keyOf(declaration.ref)
  const item = (await table.get(key)) as Stored | undefined
  const now = settings.clock.now()
  if (item === undefined) {
    const incarnation = declaration.ref.kind === 'Workload' ? await firstIncarnation(table) : 1
    const created = await tryCreate(table, key, creation(declaration, incarnation, now, settings))
    return created && { result: 'created', record: toRecord(created) }
  }
  if (!isTombstone(item) && item.origin.source !== declaration.origin.source) {
    return { result: 'refused', owner: item.origin }
  }
  const { result, set, wakes } = decide(item, declaration, now)
  const woken = wakes ? [...set, ...wake(item, now + settings.graceMilliseconds).set] : set
  if (woken.length === 0) return { result, record: toRecord(item) }
  const { audit } = declaration
  const update = audit && result !== 'unchanged' ? together({ set: woken }, audited(item, audit, now)) : { set: woken }
  const written = await tryUpdate(table, key, update, stillAs(item))
  return written && { result, record: toRecord(written) }
}

type Sets = NonNullable<Update['set']>

interface Change {
  readonly result: 'updated' | 'unchanged' | 'revived'
  readonly set: Sets
  /** Somebody has to look at it. */
  readonly wakes: boolean
}

function decide(item: Stored, declaration: Declaration, now: number): Change {
  const { ref, spec, origin, run } = declaration
  const answer: Sets = run === undefined || ref.kind !== 'Workload' ? [] : [[['runs', run], now]]
  const since = unsettled(item, now).set
  if (isTombstone(item)) {
    return { result: 'revived', set: [...rebirth(item, declaration), ...since, ...answer], wakes: true }
  }
  if (item.intent === 'retire') {
    return { result: 'revived', set: [...cancelledRetirement(item, declaration), ...since, ...answer], wakes: true }
  }
  if (item.specHash !== specHash(spec)) {
    return { result: 'updated', set: [...nextSpec(item, declaration), ...since, ...answer], wakes: true }
  }
  // A manifest that moved is no change, but whether a workload was removed is judged by the file it is in. The revision
  // stays the one that the spec came with.
  const there = { ...origin, revision: item.origin['revision'] }
  const moved: Sets = item.origin['path'] === origin.path ? [] : [[['origin'], asJson(there)]]
  const asks = answer.length > 0 && item.runs?.[run ?? ''] === undefined
  return { result: 'unchanged', set: asks ? [...moved, ...answer] : moved, wakes: asks }
}

function creation(
  declaration: Declaration,
  incarnation: number,
  now: number,
  settings: Settings,
): Record<string, Json> {
  const { ref, spec, origin, run, audit } = declaration
  return {
    ...freshAttributes(ref),
    spec: asJson(spec),
    specHash: specHash(spec),
    origin: asJson(origin),
    generation: 1,
    incarnation,
    attentionAt: now + settings.graceMilliseconds,
    ...unsettledAttributes(ref.kind, now),
    ...(run !== undefined && ref.kind === 'Workload' ? { runs: { [run]: now } } : {}),
    ...(audit === undefined ? {} : { audit: Object.fromEntries([auditEntry(audit, now)]) }),
  }
}

/** The phase says `Pending` until a reconcile has looked at this generation (P10). */
function nextSpec(item: Stored, { spec, origin }: Declaration): Sets {
  return [
    [['spec'], asJson(spec)],
    [['specHash'], specHash(spec)],
    [['origin'], asJson(origin)],
    [['generation'], item.generation + 1],
    [['status', 'phase'], 'Pending'],
  ]
}

/** A removal that was confirmed for the cancelled retirement must not count for a later one. */
function cancelledRetirement(item: Stored, declaration: Declaration): Sets {
  return [...nextSpec(item, declaration), [['intent'], 'present'], [['removals'], {}]]
}

/** From a tombstone: claims and credential generations stay, so that nothing revoked is picked up again. */
function rebirth(item: Stored, { ref, spec, origin }: Declaration): Sets {
  const intent: Sets = ref.kind === 'Workload' ? [[['intent'], 'present']] : []
  return [
    [['spec'], asJson(spec)],
    [['specHash'], specHash(spec)],
    [['origin'], asJson(origin)],
    [['generation'], item.generation + 1],
    [['incarnation'], item.incarnation + 1],
    [['status'], asJson(untouched)],
    ...intent,
  ]
}
