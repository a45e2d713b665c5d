import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'
import type { EventBus } from '../domain/events.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { SourceFile } from '../domain/git.ts'
import { parseWorkloadId } from '../domain/names.ts'
import type { Store } from '../domain/store.ts'
import { modeOf } from './modes.ts'
import { driftOf } from './operations/drift.ts'
import { existing, noWorkload } from './operations/existing.ts'
import { askToLook, goAhead } from './operations/looking.ts'
import { listModes, pausedNote, setMode } from './operations/mode.ts'
import type { Operated, Operation, RotateRequest, Started, StatusQuery } from './operations/model.ts'
import { isFollowed, progressOf, startedOn } from './operations/progress.ts'
import { rotate } from './operations/rotate.ts'
import { listStatus } from './operations/status.ts'
import { countAdmitted } from './quotas/check.ts'
import { admit } from './source/admit.ts'
import { changesOf } from './source/changes.ts'
import type { Admitted, Validate } from './source/ports.ts'
import { workloadRef } from './world.ts'

export type { Operated, Operation } from './operations/model.ts'

export interface OperatePorts {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Clock
  readonly validate: Validate
  readonly fleet: Fleet
  readonly installation: Installation
}

/** `who` is what authenticated the caller: an ARN that AWS vouches for, or the local user. */
export async function operate(ports: OperatePorts, who: string, request: Operation): Promise<Operated> {
  switch (request.operation) {
    case 'apply':
      return apply(ports, who, request.files)
    case 'status':
      return status(ports, request)
    case 'reconcile':
      return look(ports, who, request.workload)
    case 'retire':
      return request.confirm === undefined
        ? retire(ports, who, request.workload)
        : confirm(ports, who, request.workload, request.confirm)
    case 'rotate':
      return rotation(ports, who, request)
    case 'adopt':
      return adopt(ports, who, request)
    case 'transfer':
      return transfer(ports, who, request)
    case 'go':
      return request.shard === undefined ? go(ports, who, request.source) : goAhead(ports, who, request.shard)
    case 'mode':
      return setMode(ports, who, request)
    case 'drift':
      return driftOf(ports, request)
    case 'look':
      return askToLook(ports, request.shard)
  }
}

/** The origin of what `fairway apply` declares. */
export const applied = 'apply'

async function apply(ports: OperatePorts, who: string, files: readonly SourceFile[]): Promise<Operated> {
  const { resources, problems, takes } = await ports.validate(files, applied)
  if (problems.length > 0) return { result: 'refused', message: 'nothing was changed', problems }
  const revision = `apply ${new Date(ports.clock.now()).toISOString()}`
  const admitted = await admit(ports.store, applied, revision, resources, { who })
  await Promise.all([
    changesOf(ports.store, admitted, 'apply').then((events) => ports.bus.publish(events)),
    countAdmitted(ports.fleet, admitted, takes),
  ])
  const refused = admitted.flatMap(({ problem }) => problem ?? [])
  const count = (result: string) => admitted.filter((one) => one.result === result).length
  const parts = ['created', 'updated', 'revived', 'unchanged'].flatMap((result) =>
    count(result) > 0 ? [`${count(result)} ${result}`] : [],
  )
  const unchanged = refused.length === 0 && count('unchanged') === admitted.length
  return {
    result: refused.length > 0 ? 'refused' : unchanged ? 'unchanged' : 'done',
    message: `${parts.join(', ') || 'nothing to apply'}${await noteFor(ports, admitted)}`,
    ...(refused.length > 0 ? { problems: refused } : {}),
    started: startedBy(admitted),
  }
}

/** Only what is new waits for anything. */
function noteFor(ports: OperatePorts, admitted: readonly Admitted[]): Promise<string> {
  const changed = admitted.filter(({ result }) => result !== 'unchanged' && result !== 'refused')
  const systems = changed.flatMap(({ record }) => {
    if (record?.kind === 'System') return [record.name]
    return record?.kind === 'Workload' ? [record.system] : []
  })
  return pausedNote(ports, systems)
}

function startedBy(admitted: readonly Admitted[]): readonly Started[] {
  return admitted.flatMap(({ record, result }) =>
    record !== undefined && isFollowed(record) ? [startedOn(record, result === 'unchanged')] : [],
  )
}

async function status(ports: OperatePorts, query: StatusQuery): Promise<Operated> {
  const { store, fleet, installation } = ports
  const done = { result: 'done', message: '' } as const
  if (query.of !== undefined) return { ...done, progress: await progressOf(store, query.of) }
  if (query.modes) return { ...done, modes: await listModes(ports) }
  if (query.name === undefined) {
    const [report, setting] = await Promise.all([listStatus(store, query), fleet.mode()])
    const isFirst = query.cursor === undefined && setting.mode !== 'repair'
    return { ...done, status: isFirst ? { ...report, fleet: setting } : report }
  }
  const { system } = parseWorkloadId(query.name)
  const [workload, record, setting] = await Promise.all([
    store.get(workloadRef(query.name)),
    store.get({ kind: 'System', name: system }),
    fleet.mode(),
  ])
  if (workload === undefined) throw noWorkload(query.name)
  const mode = modeOf(setting, record ?? { name: system })
  return { ...done, workload, overlap: installation.overlap, ...(mode.mode === 'repair' ? {} : { mode }) }
}

async function rotation(ports: OperatePorts, who: string, request: RotateRequest): Promise<Operated> {
  const rotated = await rotate(ports, { who, reason: `rotation asked by ${who}` }, request)
  if (rotated.result !== 'done') return rotated
  const [system = ''] = (request.workload ?? request.account ?? '').split('/')
  return { ...rotated, message: `${rotated.message}${await pausedNote(ports, [system])}` }
}

async function look(ports: OperatePorts, who: string, workload: string): Promise<Operated> {
  await existing(ports.store, workload)
  const record = await ports.store.ask(workloadRef(workload), { who, what: 'reconcile' })
  const type = record.intent === 'retire' ? 'WorkloadRemoved' : 'WorkloadChanged'
  await ports.bus.publish([{ type, detail: { workload, reason: 'operation' } }])
  const note = await pausedNote(ports, [record.system])
  return { result: 'done', message: `${workload} is being looked at${note}`, started: [startedOn(record)] }
}

async function retire(ports: OperatePorts, who: string, workload: string): Promise<Operated> {
  const record = await existing(ports.store, workload)
  if (record.origin.source !== applied) {
    const owner = await ports.store.get({ kind: 'Source', name: record.origin.source })
    if (owner?.declared.includes(workload)) {
      throw new Terminal(`${workload} is declared by ${record.origin.source}, which would declare it again`, {
        fix: `remove it from ${record.origin.path ?? record.origin.source}`,
      })
    }
  }
  const retiring = await ports.store.retire(workloadRef(workload), { who, what: 'retire' })
  await ports.bus.publish([{ type: 'WorkloadRemoved', detail: { workload, reason: `retired by ${who}` } }])
  return {
    result: 'done',
    message: `${workload} is being retired${await pausedNote(ports, [record.system])}`,
    ...(retiring ? { started: [startedOn(retiring)] } : {}),
  }
}

async function confirm(ports: OperatePorts, who: string, workload: string, cluster: string): Promise<Operated> {
  parseWorkloadId(workload)
  const audit = { who, what: `confirm removal from ${cluster}` }
  const waited = await ports.store.confirmRemoval(workloadRef(workload), cluster, who, audit)
  if (!waited) return { result: 'unchanged', message: `nothing of ${workload} waits for a confirmation in ${cluster}` }
  await ports.bus.publish([{ type: 'RemovalConfirmed', detail: { workload, cluster } }])
  const message = `${workload}: removal from ${cluster} is confirmed`
  return { result: 'done', message, started: [startedOn(await existing(ports.store, workload))] }
}

/** The only way to take over what exists (P5): recorded first, carried out by the next reconcile. */
async function adopt(
  ports: OperatePorts,
  who: string,
  { workload, key, id }: Extract<Operation, { operation: 'adopt' }>,
): Promise<Operated> {
  if (!/^[a-z]+\/(-|[a-z][-a-z0-9]*)\/[\w.-]+$/.test(key)) {
    throw new Terminal(`"${key}" is not what a refusal names`, { fix: 'copy the command from `fairway status`' })
  }
  const { incarnation } = await existing(ports.store, workload)
  await ports.store.adopt(
    workloadRef(workload),
    { [key]: { id, incarnation, adopted: true } },
    { who, what: `adopt ${key} ${id}` },
  )
  await ports.bus.publish([{ type: 'WorkloadChanged', detail: { workload, reason: `adopted by ${who}` } }])
  return { result: 'done', message: `${workload} takes over ${id}` }
}

async function transfer(
  ports: OperatePorts,
  who: string,
  { workload, to }: Extract<Operation, { operation: 'transfer' }>,
): Promise<Operated> {
  await existing(ports.store, workload)
  if (to !== applied && (await ports.store.get({ kind: 'Source', name: to }))?.spec === undefined) throw noSource(to)
  await ports.store.transfer(workloadRef(workload), to, { who, what: `transfer to ${to}` })
  return { result: 'done', message: `${workload} may now be declared by ${to}` }
}

async function go(ports: OperatePorts, who: string, source: string | undefined): Promise<Operated> {
  if (source === undefined) throw new Terminal('what is let go?', { fix: 'name a source, or a part of the fleet' })
  const record = await ports.store.get({ kind: 'Source', name: source })
  if (record === undefined) throw noSource(source)
  if (record.braked.length === 0) return { result: 'unchanged', message: `nothing of ${source} waits` }
  await ports.store.releaseBrake(source, record.braked, { who })
  await ports.bus.publish([{ type: 'SourceChanged', detail: { source, reason: `go by ${who}` } }])
  return { result: 'done', message: `${record.braked.join(', ')} will be retired` }
}

function noSource(name: string): Terminal {
  return new Terminal(`there is no Source ${name}`, { fix: 'list all with `fairway status`', absent: true })
}
