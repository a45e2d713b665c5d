import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readFileSync } from 'node:fs'
import { SecretValue } from '../../domain/secret.ts'
import { manifest } from './controlplane.ts'
import { memoryWorld, type MemoryWorld } from './memoryworld.ts'
import { measuring, type Usage } from './usage.ts'

/** docs/costs.json: prices, which are looked up, and what is counted here. */
export interface Costs {
  readonly prices: Readonly<Record<string, { readonly dollars: number; readonly per: string; readonly source: string }>>
  readonly counted: Readonly<Record<string, Usage>>
  readonly standing: Readonly<Record<string, number>>
}

export function readCosts(): Costs {
  return JSON.parse(readFileSync(new URL('../../docs/costs.json', import.meta.url), 'utf8')) as Costs
}

/** What each thing that happens uses, counted over the deployed handlers and state machines. */
export async function countUsage(): Promise<ReadonlyMap<string, Usage>> {
  const counted = new Map<string, Usage>()
  const world = await memoryWorld()
  const measure = measuring(world)
  const count = async (what: string, act: () => Promise<unknown>) => counted.set(what, await measure(act))
  const sweep = (operation: string) => Promise.resolve(world.functions['SweepFunction']?.({ operation }))
  await count('a push declares a workload', () => push(world))
  await count('its first image is pushed', () => world.image('claims/one'))
  await world.settle()
  await count('a push changes it', () => push(world, 'scaling: { min: 2, max: 4 }'))
  await world.settle()
  await count('it is looked at, and all is well', () => world.reconcile('claims/one'))
  const rotations = { 'dev/nats': { kind: 'rotate', above: 1 } } as const
  await count('its credential is rotated', async () => {
    await world.store.rotate({ kind: 'Workload', name: 'claims/one' }, rotations, { who: 'ada', what: 'rotate' })
    await world.bus.publish([{ type: 'RotationRequested', detail: { workload: 'claims/one', reason: 'asked' } }])
  })
  await joinWithTheNewOne(world)
  world.clock.advance(17 * 60_000)
  await count('the one before is ended', () => sweep('due'))
  await count('a source is looked at, and nothing changed', () => world.look('claims-services', 'schedule'))
  await world.settle()
  await count('the fleet is looked at, a part of it', async () => {
    const { account, region } = world.home
    const detail = { shard: 'place', kind: 'place', account, region, url: null, branch: null } as const
    await world.bus.publish([{ type: 'ShardDue', detail: { ...detail, shard: `place/${account}/${region}` } }])
  })
  const scheduled = [
    ['the sweep runs (due), and nothing is due', () => sweep('due')],
    ['the sweep runs (unready), and nothing is due', () => sweep('unready')],
    [
      'the heads of sources are looked at, and none has moved',
      () => Promise.resolve(world.functions['SourceFunction']?.({ operation: 'heads' })),
    ],
  ] as const
  for (const [what, act] of scheduled) {
    await count(what, act)
    // The schedule's own call, which no state machine makes.
    counted.set(what, { ...(counted.get(what) as Usage), invocations: 1 })
  }
  return counted
}

function push(world: MemoryWorld, ...more: readonly string[]) {
  const lines = ['nats: { publish: [claims.opened] }', 'secrets: { session: { generate: { length: 24 } } }', ...more]
  return world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
}

/** A pod with the credential that is current now is there. */
async function joinWithTheNewOne(world: MemoryWorld): Promise<void> {
  const SecretId = 'fairway/test/dev/claims/one/nats'
  const client = world.aws.outside.secretsManager(world.home)
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }))
  world.provider.join(new SecretValue((JSON.parse(SecretString) as Record<string, string>)['nats.creds'] ?? ''))
}
