import { specHash } from '../domain/hash.ts'
import type { Admission, Declaration, Ref, Store } from '../domain/store.ts'
import type { Json, Table, Update } from '../domain/table.ts'
import { stillAs } from './guards.ts'
import { type Stored, asJson, freshAttributes, isTombstone, keyOf, toRecord, untouched } from './record.ts'
import type { Settings } from './settings.ts'
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
    const created = await tryCreate(table, key, creation(declaration, now, settings))
    return created && { result: 'created', record: toRecord(created) }
  }
  if (!isTombstone(item) && item.origin.source !== declaration.origin.source) {
    return { result: 'refused', owner: item.origin }
  }
  const { result, update } = decide(item, declaration, now)
  if (update === undefined) return { result, record: toRecord(item) }
  const { set } = wake(item, now + settings.graceMilliseconds)
  const written = await tryUpdate(table, key, { ...update, set: [...(update.set ?? []), ...set] }, stillAs(item))
  return written && { result, record: toRecord(written) }
}

type Change = { readonly result: 'updated' | 'unchanged' | 'revived'; readonly update?: Update }

function decide(item: Stored, declaration: Declaration, now: number): Change {
  const run = waitingRun(declaration, now)
  if (isTombstone(item)) {
    return { result: 'revived', update: { set: [...rebirth(item, declaration), ...run] } }
  }
  if (item.intent === 'retire') {
    return { result: 'revived', update: { set: [...nextSpec(item, declaration), [['intent'], 'present'], ...run] } }
  }
  if (item.specHash !== specHash(declaration.spec)) {
    return { result: 'updated', update: { set: [...nextSpec(item, declaration), ...run] } }
  }
  const known = declaration.run === undefined || item.runs?.[declaration.run] !== undefined
  return known ? { result: 'unchanged' } : { result: 'unchanged', update: { set: run } }
}

function creation(declaration: Declaration, now: number, settings: Settings): Record<string, Json> {
  const { ref, spec, origin, run } = declaration
  return {
    ...freshAttributes(ref),
    spec: asJson(spec),
    specHash: specHash(spec),
    origin: asJson(origin),
    generation: 1,
    incarnation: 1,
    attentionAt: now + settings.graceMilliseconds,
    ...(run !== undefined && hasRuns(ref) ? { runs: { [run]: now } } : {}),
  }
}

type Sets = NonNullable<Update['set']>

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

function waitingRun({ ref, run }: Declaration, now: number): Sets {
  return run !== undefined && hasRuns(ref) ? [[['runs', run], now]] : []
}

function hasRuns(ref: Ref): boolean {
  return ref.kind === 'Workload'
}
