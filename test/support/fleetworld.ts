import { shardName, type Fleet, type RecordedFinding, type RecordedReport } from '../../domain/fleet.ts'
import type { Item, Table } from '../../domain/table.ts'
import { createFleet } from '../../store/fleet.ts'
import { manifest } from './controlplane.ts'
import { hosted, memoryWorld, type MemoryWorld } from './memoryworld.ts'

/** Everything a workload may have. */
export const everything = [
  'nats: { publish: [claims.opened] }',
  'secrets: { session: { generate: { length: 24 } } }',
  'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
]
export const one = 'claims/one'

export interface FleetWorld extends MemoryWorld {
  readonly fleet: Fleet
  /** Looks at all parts of the fleet, and waits for what that started. */
  lookAll(): Promise<readonly RecordedReport[]>
  /** Of all of the last reports. */
  findings(): Promise<readonly RecordedFinding[]>
  /** Keys that were written since the last question, without the records of shards. */
  written(): string[]
  /** Executions that were started since the last question, but for looks. */
  started(): string[]
  /** Looks of the sweep until nothing is due: time passes. */
  repair(): Promise<void>
  reportOf(shard: string): Promise<RecordedReport | undefined>
}

/** The example platform with a workload of each System, all of it settled for longer than pages may lag. */
export async function fleetWorld(lines = everything): Promise<FleetWorld> {
  const world = await memoryWorld()
  const keys = notingWrites(world.core.table)
  const fleet = createFleet(world.core.table, world.core)
  let seen = 0
  const fleetWorld: FleetWorld = {
    ...world,
    fleet,
    async lookAll() {
      await world.functions['SweepFunction']?.({ operation: 'fleet' })
      await world.quiet()
      return fleet.reports()
    },
    findings: async () => (await fleet.reports()).flatMap(({ findings }) => findings),
    written: () => keys.splice(0).filter((key) => !key.startsWith('Shard/')),
    started() {
      const since = world.events.slice(seen)
      seen = world.events.length
      return since.filter((event) => !event.startsWith('ShardDue'))
    },
    async repair() {
      for (let round = 0; round < 3; round++) {
        world.clock.advance(60_000)
        await world.functions['SweepFunction']?.({ operation: 'due' })
        await world.quiet()
      }
      world.clock.advance(10 * 60_000)
    },
    reportOf: async (shard) => (await fleet.reports()).find((report) => shardName(report.shard) === shard),
  }
  await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  await world.push(hosted.source, { 'fairway.yaml': manifest('quotes', [], 'policy-admin') })
  await world.image(one)
  await world.image('policy-admin/quotes')
  await fleetWorld.repair()
  fleetWorld.written()
  fleetWorld.started()
  return fleetWorld
}

/** In place, because the store has taken hold of this very table. */
function notingWrites(table: Table): string[] {
  const keys: string[] = []
  const real = { ...table }
  const note = async (key: string, write: Promise<Item>) => {
    const item = await write
    keys.push(key)
    return item
  }
  Object.assign(table, {
    create: (...call: Parameters<Table['create']>) => note(call[0], real.create(...call)),
    update: (...call: Parameters<Table['update']>) => note(call[0], real.update(...call)),
    remove: async (...call: Parameters<Table['remove']>) => {
      await real.remove(...call)
      keys.push(call[0])
    },
  } satisfies Partial<Table>)
  return keys
}
