import type { Installation, NamedCluster } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { EventBus } from '../../domain/events.ts'
import { shardName, type Shard } from '../../domain/fleet.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'

/** What there is to look at: the registry, each account and region, and each branch that clusters live on. */
export function shardsOf(
  { account, region }: Pick<Installation, 'account' | 'region'>,
  clusters: readonly Pick<NamedCluster, 'spec'>[],
): readonly Shard[] {
  const shards: Shard[] = [{ kind: 'registry', account, region }]
  for (const { spec } of clusters) {
    shards.push({ kind: 'place', account: spec.aws.account, region: spec.aws.region })
    shards.push({ kind: 'repository', url: spec.repository.url, branch: spec.repository.branch })
  }
  const distinct = new Map(shards.map((shard) => [shardName(shard), shard]))
  return [...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, shard]) => shard)
}

/** As an event and an execution's input carry it: texts, and null for what this kind has not. */
export interface ShardReference {
  readonly shard: string
  readonly kind: Shard['kind']
  readonly account: string | null
  readonly region: string | null
  readonly url: string | null
  readonly branch: string | null
}

export function referenceTo(shard: Shard): ShardReference {
  const none = { account: null, region: null, url: null, branch: null }
  return { shard: shardName(shard), ...none, ...shard }
}

export function shardOf({ kind, account, region, url, branch }: ShardReference): Shard {
  if (kind === 'repository' && url !== null && branch !== null) return { kind, url, branch }
  if (kind !== 'repository' && account !== null && region !== null) return { kind, account, region }
  throw new Terminal(`this is no shard of kind ${kind}: what says which one is missing`)
}

/** Has every shard looked at: one execution each. */
export async function lookAtFleet(ports: {
  readonly store: Pick<Store, 'list'>
  readonly bus: EventBus
  readonly installation: Installation
}): Promise<{ readonly events: number }> {
  const clusters = (await ports.store.list('Cluster')).flatMap(({ spec }) =>
    spec === undefined ? [] : [{ spec: spec as ClusterSpec }],
  )
  const shards = shardsOf(ports.installation, clusters)
  await ports.bus.publish(shards.map((shard) => ({ type: 'ShardDue', detail: referenceTo(shard) })))
  return { events: shards.length }
}
