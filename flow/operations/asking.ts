import type { Clock } from '../../domain/effects.ts'
import { Conflict, Terminal } from '../../domain/errors.ts'
import type { EventBus } from '../../domain/events.ts'
import type { RotationRequest, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import { existing } from './existing.ts'
import { isMissed } from './rotationrequests.ts'

export interface RotationPorts {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Pick<Clock, 'now'>
}

/** Who asks, and what goes into the commits that follow from it. */
export interface By {
  readonly who: string
  readonly reason: string
}

/** By `<cluster>/<entry>`, with what it is for the workload's audit. */
export interface Wanted {
  readonly requests: Readonly<Record<string, RotationRequest>>
  readonly what: string
}

const tries = 5

/** Puts on record what `plan` wants for the workload as it is, and says whether that was anything new. */
export async function askFor(
  { store }: RotationPorts,
  { who }: By,
  workload: string,
  plan: (record: WorkloadRecord) => Wanted,
): Promise<{ readonly record: WorkloadRecord; readonly asked: boolean }> {
  for (let tried = 0; tried < tries; tried++) {
    const before = await present(store, workload)
    const { requests, what } = plan(before)
    if (Object.keys(requests).length === 0) return { record: before, asked: tried > 0 }
    await store.rotate(workloadRef(workload), requests, { who, what })
    const record = await existing(store, workload)
    const missed = Object.entries(requests).some(([key, request]) => isMissed(record.credentials[key], request))
    if (!missed) return { record, asked: true }
  }
  throw new Conflict(`${workload} is being rotated over and over; ask again in a moment`)
}

export async function announce({ bus }: RotationPorts, { reason }: By, workloads: readonly string[]): Promise<void> {
  await bus.publish(workloads.map((workload) => ({ type: 'RotationRequested', detail: { workload, reason } })))
}

async function present(store: Store, workload: string): Promise<WorkloadRecord> {
  const record = await existing(store, workload)
  if (record.intent !== 'retire') return record
  throw new Terminal(`${workload} is being retired, and its credentials end with it`, {
    fix: 'look with `fairway status` whether it is gone',
  })
}
