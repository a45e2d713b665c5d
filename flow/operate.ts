import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'
import type { EventBus } from '../domain/events.ts'
import type { SourceFile } from '../domain/git.ts'
import { parseWorkloadId } from '../domain/names.ts'
import type { Problem, SourceRecord, SystemRecord, WorkloadRecord } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import { admit } from './source/admit.ts'
import { changesOf } from './source/changes.ts'
import { workloadRef } from './world.ts'
import type { Validate } from './source/ports.ts'

/** What a person asks for: authorised by AWS (or by the local control plane's own token), audited on the resource. */
export type Operation =
  | { readonly operation: 'apply'; readonly files: readonly SourceFile[] }
  | { readonly operation: 'status'; readonly name?: string }
  | { readonly operation: 'reconcile'; readonly workload: string }
  | { readonly operation: 'retire'; readonly workload: string; readonly confirm?: string }
  /** `key` as the refusal names it: `<capability>/<cluster or ->/<what>`; `id` the ARN or name of what is there. */
  | { readonly operation: 'adopt'; readonly workload: string; readonly key: string; readonly id: string }
  | { readonly operation: 'transfer'; readonly workload: string; readonly to: string }
  | { readonly operation: 'go'; readonly source: string }

export interface OperatePorts {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Clock
  readonly validate: Validate
}

export interface Operated {
  readonly result: 'done' | 'refused' | 'unchanged'
  readonly message: string
  readonly problems?: readonly Problem[]
  readonly status?: StatusReport
}

export interface StatusReport {
  readonly workloads: readonly WorkloadRecord[]
  readonly systems: readonly SystemRecord[]
  readonly sources: readonly SourceRecord[]
}

export async function operate(ports: OperatePorts, who: string, request: Operation): Promise<Operated> {
  switch (request.operation) {
    case 'apply':
      return apply(ports, request.files)
    case 'status':
      return { result: 'done', message: '', status: await status(ports, request.name) }
    case 'reconcile':
      return look(ports, request.workload)
    case 'retire':
      return request.confirm === undefined
        ? retire(ports, who, request.workload)
        : confirm(ports, who, request.workload, request.confirm)
    case 'adopt':
      return adopt(ports, who, request)
    case 'transfer':
      await ports.store.transfer(workloadRef(request.workload), request.to, { who, what: `transfer to ${request.to}` })
      return { result: 'done', message: `${request.workload} may now be declared by ${request.to}` }
    case 'go':
      return go(ports, who, request.source)
  }
}

/** The origin of what `fairway apply` declares. */
export const applied = 'apply'

async function apply(ports: OperatePorts, files: readonly SourceFile[]): Promise<Operated> {
  const { resources, problems } = await ports.validate(files, applied)
  if (problems.length > 0) return { result: 'refused', message: 'nothing was changed', problems }
  const admitted = await admit(ports.store, applied, `apply ${new Date(ports.clock.now()).toISOString()}`, resources)
  await ports.bus.publish(await changesOf(ports.store, admitted, 'apply'))
  const refused = admitted.flatMap(({ problem }) => problem ?? [])
  const count = (result: string) => admitted.filter((one) => one.result === result).length
  const parts = ['created', 'updated', 'revived', 'unchanged'].flatMap((result) =>
    count(result) > 0 ? [`${count(result)} ${result}`] : [],
  )
  const unchanged = refused.length === 0 && count('unchanged') === admitted.length
  return {
    result: refused.length > 0 ? 'refused' : unchanged ? 'unchanged' : 'done',
    message: parts.join(', ') || 'nothing to apply',
    ...(refused.length > 0 ? { problems: refused } : {}),
  }
}

async function status(ports: OperatePorts, name: string | undefined): Promise<StatusReport> {
  if (name !== undefined) {
    parseWorkloadId(name)
    const record = await ports.store.get(workloadRef(name))
    if (record === undefined)
      throw new Terminal(`there is no workload ${name}`, { fix: 'list all with `fairway status`' })
    return { workloads: [record], systems: [], sources: [] }
  }
  const [workloads, systems, sources] = await Promise.all([
    ports.store.list('Workload'),
    ports.store.list('System'),
    ports.store.list('Source'),
  ])
  return { workloads, systems, sources }
}

async function look(ports: OperatePorts, workload: string): Promise<Operated> {
  await existing(ports, workload)
  await ports.bus.publish([{ type: 'WorkloadChanged', detail: { workload, reason: 'operation' } }])
  return { result: 'done', message: `${workload} is being looked at` }
}

async function retire(ports: OperatePorts, who: string, workload: string): Promise<Operated> {
  const record = await existing(ports, workload)
  if (record.origin.source !== applied) {
    const owner = await ports.store.get({ kind: 'Source', name: record.origin.source })
    if (owner?.declared.includes(workload)) {
      throw new Terminal(`${workload} is declared by ${record.origin.source}, which would declare it again`, {
        fix: `remove it from ${record.origin.path ?? record.origin.source}`,
      })
    }
  }
  await ports.store.retire(workloadRef(workload), { who, what: 'retire' })
  await ports.bus.publish([{ type: 'WorkloadRemoved', detail: { workload, reason: `retired by ${who}` } }])
  return { result: 'done', message: `${workload} is being retired` }
}

async function confirm(ports: OperatePorts, who: string, workload: string, cluster: string): Promise<Operated> {
  const waited = await ports.store.confirmRemoval(workloadRef(workload), cluster, who)
  if (!waited) return { result: 'unchanged', message: `nothing of ${workload} waits for a confirmation in ${cluster}` }
  await ports.bus.publish([{ type: 'RemovalConfirmed', detail: { workload, cluster } }])
  return { result: 'done', message: `${workload}: removal from ${cluster} is confirmed` }
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
  const { incarnation } = await existing(ports, workload)
  await ports.store.adopt(
    workloadRef(workload),
    { [key]: { id, incarnation, adopted: true } },
    { who, what: `adopt ${key} ${id}` },
  )
  await ports.bus.publish([{ type: 'WorkloadChanged', detail: { workload, reason: `adopted by ${who}` } }])
  return { result: 'done', message: `${workload} takes over ${id}` }
}

async function go(ports: OperatePorts, who: string, source: string): Promise<Operated> {
  const record = await ports.store.get({ kind: 'Source', name: source })
  if (record === undefined) throw new Terminal(`there is no Source ${source}`)
  if (record.braked.length === 0) return { result: 'unchanged', message: `nothing of ${source} waits` }
  await ports.store.releaseBrake(source, record.braked, { who })
  await ports.bus.publish([{ type: 'SourceChanged', detail: { source, reason: `go by ${who}` } }])
  return { result: 'done', message: `${record.braked.join(', ')} will be retired` }
}

async function existing(ports: OperatePorts, workload: string): Promise<WorkloadRecord> {
  parseWorkloadId(workload)
  const record = await ports.store.get(workloadRef(workload))
  if (record?.spec === undefined)
    throw new Terminal(`there is no workload ${workload}`, { fix: 'list all with `fairway status`' })
  return record
}
