import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'
import type { EventBus } from '../domain/events.ts'
import { parseWorkloadId } from '../domain/names.ts'
import type { WorkloadRecord } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import type { Operated, RestoreRequest } from './operations/model.ts'
import { workloadRef } from './world.ts'

export interface RestorePorts {
  readonly installation: Pick<Installation, 'name'>
  readonly store: Pick<Store, 'list' | 'page' | 'restore' | 'beginAt'>
  readonly bus: EventBus
  readonly clock: Pick<Clock, 'now'>
  /**
   * The incarnation that a workload's repository is tagged with; undefined when there is no repository of that name, or
   * it is not this installation's.
   */
  readonly incarnationOf: (system: string, workload: string) => Promise<number | undefined>
}

/** Workloads in one part: one request each to find their incarnation, and an API waits no longer than 30 seconds. */
const part = 100

/**
 * After the table was lost, and everything was declared again: an adoption of all there is, by name and by tag. What is
 * not settled is marked; the reconciles that follow take for theirs what carries both, read from it what the record no
 * longer says, and take the mark away. In parts: each answer but the last has a cursor. Doing it again is harmless.
 */
export async function restore(ports: RestorePorts, who: string, request: RestoreRequest): Promise<Operated> {
  const { name } = ports.installation
  if (request.confirm !== name) {
    throw new Terminal(`"${request.confirm}" is not the name of this installation`, {
      fix: `if its table was lost and everything is declared again: fairway restore --confirm ${name}`,
    })
  }
  // Numbers given out before the loss are unknown; seconds are above all of them.
  const beginning = Math.floor(ports.clock.now() / 1000)
  const systems = request.cursor === undefined ? await restoreSystems(ports, who, beginning) : 0
  const limits = { limit: part, ...(request.cursor === undefined ? {} : { cursor: request.cursor }) }
  const { records, cursor } = await ports.store.page('Workload', limits)
  const open = records.filter(isOpen)
  await Promise.all(open.map((record) => restoreWorkload(ports, who, record, beginning)))
  await ports.bus.publish(
    open.map((record) => ({ type: 'WorkloadChanged', detail: { workload: record.name, reason: 'restore' } })),
  )
  const count = systems + open.length
  return {
    result: count === 0 ? 'unchanged' : 'done',
    message: `${count} of ${systems + records.length} are looked for by name and tag`,
    started: [],
    ...(cursor === undefined ? {} : { cursor }),
  }
}

async function restoreSystems(ports: RestorePorts, who: string, beginning: number): Promise<number> {
  await ports.store.beginAt(beginning)
  const systems = (await ports.store.list('System')).filter(isOpen)
  for (const { name } of systems) await ports.store.restore({ kind: 'System', name }, 1, { who, what: 'restore' })
  await ports.bus.publish(
    systems.map(({ name }) => ({ type: 'SystemChanged', detail: { system: name, reason: 'restore' } })),
  )
  return systems.length
}

async function restoreWorkload(
  ports: RestorePorts,
  who: string,
  record: WorkloadRecord,
  beginning: number,
): Promise<void> {
  const { system, workload } = parseWorkloadId(record.name)
  const incarnation = (await ports.incarnationOf(system, workload)) ?? beginning
  await ports.store.restore(workloadRef(record.name), incarnation, { who, what: `restore incarnation ${incarnation}` })
}

/** Declared, and not yet found to be as declared. What is on record stays as it is. */
function isOpen({ spec, status, ...record }: { spec?: unknown; status: WorkloadRecord['status']; intent?: string }) {
  return spec !== undefined && record.intent !== 'retire' && (status.phase === 'Pending' || status.phase === 'Failed')
}
