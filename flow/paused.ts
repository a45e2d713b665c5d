import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { Portal } from '../domain/portal.ts'
import { parkedAt, type Ref, type Store } from '../domain/store.ts'
import { systemEntity } from './entities.ts'
import { modeOf, pausedStatus } from './modes.ts'
import { tellAndRecord } from './report.ts'
import { tellAndRecordSystem } from './system.ts'
import { holdWorld, readPlatform } from './world.ts'

export interface PausedPorts {
  readonly store: Store
  readonly installation: Installation
  readonly portal: Portal
  readonly clock: Clock
  readonly fleet: Pick<Fleet, 'mode'>
}

export interface PausedReport {
  readonly phase: string
  readonly result: 'updated' | 'unchanged'
  readonly due: number
}

/**
 * Something was to be done, and nothing is while it is paused: said where people look, and parked. Whoever asked by a
 * form has an answer. It is due at once where somebody resumed it since the lease was taken.
 */
export async function reportPaused(
  ports: PausedPorts,
  { kind, name, fence }: Ref<'Workload' | 'System'> & { readonly fence: number },
): Promise<PausedReport> {
  return kind === 'Workload' ? workload(ports, name, fence) : system(ports, name, fence)
}

async function workload(ports: PausedPorts, name: string, fence: number): Promise<PausedReport> {
  const { store, installation, fleet, clock } = ports
  const [world, setting] = await Promise.all([holdWorld(store, installation, name, fence), fleet.mode()])
  const mode = modeOf(setting, world.system)
  const { phase } = world.record.status
  if (mode.mode !== 'paused') return { phase, result: 'unchanged', due: clock.now() }
  const status = pausedStatus(world.record.status, mode, clock.now())
  return { phase, result: await tellAndRecord(ports, world, fence, status), due: parkedAt }
}

async function system(ports: PausedPorts, name: string, fence: number): Promise<PausedReport> {
  const { store, fleet, clock } = ports
  const [record, platform, setting] = await Promise.all([
    store.leases.hold({ kind: 'System', name }, fence),
    readPlatform(store, name),
    fleet.mode(),
  ])
  const mode = modeOf(setting, platform.system)
  const { phase } = record.status
  if (mode.mode !== 'paused') return { phase, result: 'unchanged', due: clock.now() }
  const status = pausedStatus(record.status, mode, clock.now())
  const entity = systemEntity(platform.system, status, mode)
  return { phase, result: await tellAndRecordSystem(ports, { record, fence, status, entity }), due: parkedAt }
}
