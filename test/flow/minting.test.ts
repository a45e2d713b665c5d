import { afterEach, describe, expect, it } from 'vitest'
import { credentialMetrics, metricDimensions, metricNamespace, reasonDimension } from '../../domain/metrics.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** What is counted and logged where credentials are minted, made current and ended. */

const hour = 3_600_000
const name = 'claims/one'
const lines = ['nats: { publish: [claims.opened] }', 'secrets: { session: { generate: { length: 24 } } }']

afterEach(() => {
  redirectTelemetry(undefined)
})

type Line = Readonly<Record<string, unknown>>

/** By service, metric and reason: how often; and the lines of the log about credentials. */
async function counted(act: () => Promise<unknown>) {
  const written: Line[] = []
  redirectTelemetry((line) => written.push(JSON.parse(line) as Line))
  await act()
  redirectTelemetry(() => undefined)
  const counts: Record<string, number> = {}
  for (const line of written.filter((one) => '_aws' in one)) {
    for (const [metric, values] of Object.entries(line).filter(([key]) => key.startsWith('credential.'))) {
      const key = [line['service'], metric, line[reasonDimension]].filter(Boolean).join(' ')
      counts[key] = (counts[key] ?? 0) + [values].flat().length
    }
  }
  const log = written.filter(({ message }) => String(message).startsWith('credential '))
  return { counts, log, written }
}

async function ready(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  await world.image(name)
  await world.settle()
  return world
}

describe('what is minted', () => {
  it('is counted by its reason, once, and named in the log with its generation and times', async () => {
    const world = await memoryWorld()
    const { counts, log } = await counted(async () => {
      await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
      await world.image(name)
      await world.settle()
    })
    expect(counts).toEqual({
      [`nats ${credentialMetrics.of('begun')} absent`]: 1,
      [`nats ${credentialMetrics.of('promoted')} absent`]: 1,
      [`secrets ${credentialMetrics.of('begun')} absent`]: 1,
      [`secrets ${credentialMetrics.of('promoted')} absent`]: 1,
    })
    const { issuedAt = 0, expiresAt = 0 } = (await world.workload(name)).credentials['dev/nats'] ?? {}
    expect(log.find(({ entry }) => entry === 'nats')).toMatchObject({
      what: 'begun',
      workload: name,
      cluster: 'dev',
      entry: 'nats',
      generation: 1,
      reason: 'absent',
      issued: new Date(issuedAt * 1000).toISOString(),
      expires: new Date(expiresAt * 1000).toISOString(),
    })
  })

  it('has the reason as a dimension beside those that every metric has, in a line of its own', async () => {
    const world = await ready()
    const { written } = await counted(() => world.operate({ operation: 'rotate', workload: name, entry: 'nats' }))
    const line = written.find((one) => credentialMetrics.of('begun') in one)
    expect(line).toMatchObject({
      service: 'nats',
      [reasonDimension]: 'requested',
      _aws: { CloudWatchMetrics: [{ Namespace: metricNamespace, Dimensions: [expect.any(Array)] }] },
    })
    const { CloudWatchMetrics } = line!['_aws'] as { CloudWatchMetrics: { Dimensions: string[][] }[] }
    const dimensions = [...Object.values(metricDimensions), reasonDimension]
    expect(CloudWatchMetrics[0]!.Dimensions[0]!.toSorted()).toEqual(dimensions.toSorted())
  })

  it('is counted although what comes after it in the same call fails, and not again when that is tried again', async () => {
    const world = await ready()
    let failures = 0
    world.control.awsFault = (call) =>
      call.operation === 'PutSecretValue' && failures++ < 2 ? { kind: 'throttle' } : undefined
    const { counts } = await counted(async () => {
      await world.operate({ operation: 'rotate', workload: name, entry: 'nats' })
      await world.settle(2 * hour)
    })
    expect(failures).toBeGreaterThan(1)
    expect(counts[`nats ${credentialMetrics.of('begun')} requested`]).toBe(1)
  })

  it('is counted when it ends, by the reason of what took its place', async () => {
    const world = await ready()
    const { counts } = await counted(async () => {
      await world.operate({ operation: 'rotate', workload: name })
      await world.settle(30 * hour)
    })
    expect(counts).toEqual(
      Object.fromEntries(
        ['nats', 'secrets'].flatMap((stage) =>
          (['begun', 'promoted', 'ended'] as const).map((what) => [
            `${stage} ${credentialMetrics.of(what)} requested`,
            1,
          ]),
        ),
      ),
    )
  })

  it('P1, P2: is nothing while nothing happens, and then nothing is counted', async () => {
    const world = await ready()
    const { counts, log } = await counted(async () => {
      for (let round = 0; round < 20; round++) await world.reconcile(name)
      await world.settle(48 * hour)
    })
    expect([counts, log]).toEqual([{}, []])
  })
})

describe('what nobody asked for, of pods that have one', () => {
  const unasked = (counts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(counts).filter(([key]) => key.includes(credentialMetrics.unasked)))

  it('is counted by itself: a role that was taken away, a version that was lost', async () => {
    const world = await ready()
    await world.core.table.update('nats-account#claims/dev', { remove: [['roles', 'dev/one']], add: [[['wanted'], 1]] })
    await change(world, 'session', { versionId: '00000000-0000-4000-8000-000000000000' })
    const { counts, log } = await counted(() => world.reconcile(name))
    expect(unasked(counts)).toEqual({
      [`nats ${credentialMetrics.unasked}`]: 1,
      [`secrets ${credentialMetrics.unasked}`]: 1,
    })
    expect(counts).toMatchObject({
      [`nats ${credentialMetrics.of('begun')} issuer`]: 1,
      [`secrets ${credentialMetrics.of('begun')} lost`]: 1,
    })
    expect(log.filter((line) => line['unasked'] === true)).toHaveLength(2)
  })

  it('is not what people ask for, what is due, the first of many workloads, nor of one that comes back', async () => {
    const world = await ready()
    const { counts } = await counted(async () => {
      await world.operate({ operation: 'rotate', workload: name })
      await world.operate({ operation: 'rotate', workload: name, entry: 'nats', key: true, now: true })
      await world.settle(24 * 24 * hour)
      const files = ['one', 'two', 'three'].map((each) => [`.fairway/${each}.yaml`, manifest(each, lines)] as const)
      await world.push('claims-services', Object.fromEntries(files))
      await world.settle()
      await world.push('claims-services', Object.fromEntries(files.slice(1)))
      await world.operate({ operation: 'retire', workload: name, confirm: 'dev' })
      await world.settle()
      expect((await world.workload(name)).status.phase).toBe('Retired')
      await world.push('claims-services', Object.fromEntries(files))
      await world.settle()
    })
    expect(counts).toMatchObject({ [`nats ${credentialMetrics.of('begun')} expiry`]: expect.any(Number) })
    expect(counts[`nats ${credentialMetrics.of('begun')} absent`]).toBe(3)
    expect(unasked(counts)).toEqual({})
  })
})

/** What is on record about a credential, as a fault of ours might leave it. */
async function change(world: MemoryWorld, entry: string, to: object) {
  const ref = { kind: 'Workload', name } as const
  const { credentials } = await world.workload(name)
  const taken = await world.store.leases.acquire(ref, 'fault')
  if (taken.result !== 'acquired') throw new Error(taken.result)
  const changed = { ...credentials[`dev/${entry}`]!, issuedAt: 0, ...to }
  await world.store.ledger(ref, taken.fence, 'secrets', 'dev').credential(entry, changed)
  await world.store.leases.release(ref, taken.fence)
}
