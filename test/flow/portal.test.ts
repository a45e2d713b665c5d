import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** What the portal shows besides answers to forms. */

const claims = readFileSync(new URL('../../examples/platform/claims.yaml', import.meta.url), 'utf8')

it('P1: a System is shown when it is declared or changes, and told to nobody otherwise', async () => {
  const world = await memoryWorld()
  const shown = () => world.portal.entity('fairway_system', 'claims')
  expect(shown()).toMatchObject({ properties: { team: 'claims', costCentre: 'CC-4712', phase: 'Ready', error: null } })
  const { writes } = world.portal
  await world.bus.publish([{ type: 'SystemChanged', detail: { system: 'claims', reason: 'test' } }])
  await world.quiet()
  await world.settle()
  expect(world.portal.writes).toBe(writes)
  await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text: claims.replace('CC-4712', 'CC-1') }] })
  expect(shown()).toMatchObject({ properties: { costCentre: 'CC-1' } })
})

it('a workload is shown with the lines that declare it and the commit that deployed it', async () => {
  const world = await memoryWorld()
  await world.push('policy-admin-services', { '.fairway/shown.yaml': manifest('shown', [], 'policy-admin') })
  await world.image('policy-admin/shown')
  expect(world.portal.entity('fairway_workload', 'policy-admin/shown')).toMatchObject({
    properties: { manifest: 'https://github.example/acme/policy-admin-services/blob/HEAD/.fairway/shown.yaml#L1' },
    relations: { system: 'policy-admin' },
  })
  const commit = world.head('cluster-dev')
  expect(world.portal.entity('fairway_placement', 'policy-admin/shown/dev')).toMatchObject({
    properties: { commit, commitUrl: `https://github.example/acme/cluster-dev/commit/${commit}`, deployed: true },
  })
})

it('a placement is shown with its credentials: which generation, when and why it was made, and when it ends', async () => {
  const world = await memoryWorld()
  const lines = ['nats: { publish: [claims.opened] }', 'secrets: { stripe: { keys: [apiKey] } }']
  await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  const properties = () => world.portal.entity('fairway_placement', 'claims/one/dev')?.properties
  const times = async () => {
    const { issuedAt = 0, expiresAt = 0 } = (await world.workload('claims/one')).credentials['dev/nats'] ?? {}
    return [issuedAt, expiresAt].map((seconds) => new Date(seconds * 1000).toISOString())
  }
  const [first, end] = await times()
  expect(properties()).toMatchObject({
    credentials: [`nats: generation 1, made ${first} (absent), ends ${end}`],
    credentialsExpire: end,
  })
  await world.operate({ operation: 'rotate', workload: 'claims/one', cluster: 'dev', entry: 'nats' })
  const [next] = await times()
  expect(JSON.stringify(properties())).toContain(`generation 2, made ${next} (requested)`)
})

it('P10: a placement that a workload has left is not shown as deployed', async () => {
  const world = await memoryWorld()
  const both = manifest('moves').replace('{ dev: {} }', '{ dev: {}, prod: {} }')
  await world.push('claims-services', { '.fairway/moves.yaml': both })
  await world.image('claims/moves')
  const shown = () => world.portal.entity('fairway_placement', 'claims/moves/prod')?.properties
  expect(shown()).toMatchObject({ deployed: true, environment: 'prod' })
  await world.push('claims-services', { '.fairway/moves.yaml': manifest('moves') })
  await world.operate({ operation: 'retire', workload: 'claims/moves', confirm: 'prod' })
  await world.settle()
  expect((await world.workload('claims/moves')).status.placements).not.toHaveProperty('prod')
  expect(shown()).toMatchObject({ deployed: false, digest: null, environment: 'prod' })
  expect(world.portal.entity('fairway_placement', 'claims/moves/dev')?.properties).toMatchObject({ deployed: true })
})

describe('a run that rotates', () => {
  const name = 'claims/one'
  const declared = manifest('one', ['secrets: { session: { generate: { length: 24 } }, stripe: { keys: [apiKey] } }'])

  async function worldWithOne(): Promise<MemoryWorld> {
    const world = await memoryWorld()
    await world.push('claims-services', { 'fairway.yaml': declared })
    await world.image(name)
    const { id: secret = '' } = (await world.workload(name)).claims['secrets/dev/stripe'] ?? {}
    const filled = new PutSecretValueCommand({ SecretId: secret, SecretString: '{"apiKey": "of its owner"}' })
    await world.aws.outside.secretsManager(world.home).send(filled)
    await world.reconcile(name)
    return world
  }

  async function submit(world: MemoryWorld, id: string, inputs: Record<string, unknown>, teams = ['claims']) {
    const action = 'fairway_rotate_credentials'
    world.portal.start({ id, action, initiator: 'ada@example.com', teams, inputs })
    return look(world, id)
  }

  async function look(world: MemoryWorld, id: string) {
    await world.store.requests.add('port', id)
    await world.bus.publish([{ type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: id } }])
    await world.quiet()
    return world.portal.answerOf(id)
  }

  const generation = async (world: MemoryWorld) => (await world.workload(name)).credentials['dev/session']?.generation

  it('is carried out, answered, and on record with who it was', async () => {
    const world = await worldWithOne()
    const answer = await submit(world, 'r1', { workload: name })
    expect(answer).toMatchObject({ outcome: 'SUCCESS', label: 'Rotating' })
    expect(answer?.log.join()).toContain('dev/stripe stays as its owner wrote it')
    await world.settle()
    expect(await generation(world)).toBe(2)
    expect((await world.workload(name)).audit?.at(-1)).toMatchObject({ who: 'ada@example.com (run r1)' })
  })

  it('is used once: delivered again, or answered late, it rotates nothing again', async () => {
    const world = await worldWithOne()
    const down = vi.spyOn(world.portal, 'answer').mockRejectedValue(new RetryLater('the portal is down'))
    await submit(world, 'r1', { workload: name })
    await world.settle()
    down.mockRestore()
    expect(await generation(world)).toBe(2)
    expect(await look(world, 'r1')).toMatchObject({ outcome: 'SUCCESS' })
    await world.settle()
    await look(world, 'r1')
    await world.settle()
    expect(await generation(world)).toBe(2)
  })

  it.each<[string, Record<string, unknown>, string[], RegExp]>([
    ['P8: for a team that the System does not list', {}, ['policy-admin'], /open to none of these/],
    ['for a workload that is not there', { workload: 'claims/none' }, ['claims'], /there is no workload/],
    ['for what its owner writes, with what to do', { entry: 'stripe' }, ['claims'], /put-secret-value/],
  ])('is refused %s', async (_, inputs, teams, why) => {
    const world = await worldWithOne()
    const answer = await submit(world, 'r1', { workload: name, ...inputs }, teams)
    expect(answer).toMatchObject({ outcome: 'FAILURE', label: 'Refused' })
    expect(answer?.log.join()).toMatch(why)
    await world.settle()
    expect(await generation(world)).toBe(1)
  })
})
