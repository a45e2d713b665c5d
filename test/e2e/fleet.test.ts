import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Shard } from '../../domain/fleet.ts'
import { referenceTo } from '../../flow/fleet/shards.ts'
import {
  branch,
  commitFiles,
  image,
  manifest,
  push,
  startWorld,
  workload,
  type World,
} from '../support/controlplane.ts'

/** Looks of the whole control plane in one process: real git over HTTP, DynamoDB's stand-in, the deployed machines. */

const dev = { account: '100000000001', region: 'eu-west-1' }
const repository: Shard = { kind: 'repository', url: 'https://github.example/acme/cluster-dev.git', branch: 'main' }
const place: Shard = { kind: 'place', ...dev }
const deployment = 'manifests/claims/looked/deployment.yaml'
const needs = ['aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }']

describe('looks at a fleet', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
    await push(world, 'claims-services', { 'fairway.yaml': manifest('looked', needs) })
    await image(world, 'claims/looked')
  }, 120_000)
  afterAll(() => world.stop())

  const look = async (shard: Shard) => {
    await world.controlPlane.bus.publish([{ type: 'ShardDue', detail: referenceTo(shard) }])
    await world.controlPlane.settle()
    return world.steps.findLast(({ output }) => output['result'] === 'ended')?.output
  }
  const repaired = async () => {
    await expect.poll(async () => (await workload(world, 'claims/looked')).repaired, { timeout: 20_000 }).toBeDefined()
    await world.controlPlane.settle()
    return (await workload(world, 'claims/looked')).repaired
  }

  it('P1: find nothing on a branch, in an account and in a registry that are as they should be', async () => {
    world.controlPlane.resetCounts()
    for (const shard of [repository, place, { kind: 'registry', ...dev } as const])
      expect(await look(shard)).toMatchObject({ result: 'ended', findings: 0, failed: [] })
    const writes = Object.values(world.controlPlane.counts()).reduce((sum, count) => sum + count.writes, 0)
    expect(writes).toBe(0)
  })

  it('have a file that somebody edited on the branch put back as it was', async () => {
    const files = await branch(world, 'cluster-dev')
    const edited = { ...Object.fromEntries(files), [deployment]: 'replicas: 100\n' }
    await commitFiles(`${world.controlPlane.url}/repos/cluster-dev.git`, edited)
    expect(await look(repository)).toMatchObject({ findings: 1 })
    expect(await repaired()).toMatchObject({ findings: [{ kind: 'manifest-edited', where: deployment }] })
    expect((await branch(world, 'cluster-dev')).get(deployment)).toBe(files.get(deployment))
    expect(await look(repository)).toMatchObject({ findings: 0 })
  }, 60_000)
})
