import type { Installation } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { EventBus } from '../../domain/events.ts'
import { shardName, type Fleet, type Shard } from '../../domain/fleet.ts'
import type { Store } from '../../domain/store.ts'
import { referenceTo } from '../fleet/shards.ts'
import { shardsToLookAt } from './drift.ts'
import type { Operated } from './model.ts'

export interface LookingPorts {
  readonly store: Pick<Store, 'list' | 'getMany'>
  readonly fleet: Pick<Fleet, 'reports' | 'report' | 'release'>
  readonly bus: EventBus
  readonly installation: Pick<Installation, 'account' | 'region'>
}

/** Has one part of the fleet, or all of them, looked at now. */
export async function askToLook(ports: LookingPorts, name: string | undefined): Promise<Operated> {
  const shards = name === undefined ? await shardsToLookAt(ports) : [await shardNamed(ports, name)]
  const reports = new Map((await ports.fleet.reports()).map((report) => [shardName(report.shard), report.at]))
  await ports.bus.publish(shards.map((shard) => ({ type: 'ShardDue', detail: referenceTo(shard) })))
  const looks = shards.map(shardName).map((shard) => {
    const before = reports.get(shard)
    return { shard, ...(before === undefined ? {} : { before }) }
  })
  return { result: 'done', message: `${looks.map(({ shard }) => shard).join(', ')}: being looked at`, looks }
}

/** Lets the removals pass that the brake holds in one part of the fleet: a look starts them. */
export async function goAhead(ports: LookingPorts, who: string, name: string): Promise<Operated> {
  const shard = await shardNamed(ports, name)
  const workloads = await ports.fleet.release(shard, who)
  if (workloads.length === 0) return { result: 'unchanged', message: `nothing of ${name} waits` }
  await ports.bus.publish([{ type: 'ShardDue', detail: referenceTo(shard) }])
  const shown = workloads.slice(0, mostNamed).join(', ')
  const more = workloads.length > mostNamed ? ` and ${workloads.length - mostNamed} more` : ''
  return { result: 'done', message: `what is left of ${shown}${more} will be removed` }
}

/** Of a list that a person reads. */
const mostNamed = 20

async function shardNamed(ports: LookingPorts, name: string): Promise<Shard> {
  const shard = (await shardsToLookAt(ports)).find((one) => shardName(one) === name)
  if (shard) return shard
  throw new Terminal(`the fleet has no part ${name}`, { fix: 'list all with `fairway drift`', absent: true })
}
