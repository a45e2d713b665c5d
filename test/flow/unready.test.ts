import { afterEach, describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import { metricNamespace, unreadyMetrics, unreadyPhases } from '../../domain/metrics.ts'
import { unready } from '../../flow/unready.ts'
import { leaseMilliseconds, sweepTimes } from '../../lambdas/runtime/core.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** What is not ready, counted over the deployed handlers and state machines. */

const hour = 3_600_000
const measure = ({ core }: MemoryWorld) => unready(core)
afterEach(() => {
  redirectTelemetry(undefined)
})

async function withWorkload(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('one', []) })
  return world
}

describe('what is not ready', () => {
  it('is nothing in a fleet at rest, which is read for no more than what is due', async () => {
    const world = await withWorkload()
    await world.image('claims/one')
    await world.settle()
    const read: unknown[] = []
    const getMany = world.core.store.getMany.bind(world.core.store)
    const store = { ...world.core.store, getMany: ((refs) => (read.push(...refs), getMany(refs))) as typeof getMany }
    const found = await unready({ ...world.core, store })
    expect(found).toEqual({ phases: { Pending: 0, AwaitingImage: 0, AwaitingSecret: 0, Failed: 0, Retiring: 0 } })
    expect(read).toEqual([])
  })

  it('is counted while it waits for people, however long, and has no age: nothing is owed', async () => {
    const world = await withWorkload()
    for (let day = 0; day < 3; day++) {
      await world.settle(24 * hour)
      const found = await measure(world)
      expect(found.phases).toMatchObject({ AwaitingImage: 1 })
      expect(found.oldest).toBeUndefined()
    }
  })

  it('ages while it fails, whatever it is tried and whatever it fails with', async () => {
    const world = await withWorkload()
    let failures = 0
    world.control.fault = (name, _payload, when) => {
      if (name === 'IamFunction' && when === 'before') throw new Terminal(`refused, ${++failures} times`)
    }
    const began = world.clock.now()
    await world.image('claims/one')
    await world.settle(3 * hour)
    const { phases, oldest } = await measure(world)
    expect(failures).toBeGreaterThan(3)
    expect(phases.Failed).toBe(1)
    expect(oldest).toMatchObject({ kind: 'Workload', name: 'claims/one' })
    expect(oldest?.seconds).toBeGreaterThanOrEqual((world.clock.now() - began) / 1000 - 1)
  })

  it('ages when nobody works at all', async () => {
    const world = await memoryWorld()
    world.control.fault = (name) => {
      if (name === 'LeaseFunction') throw new Terminal('no function may run')
    }
    await world.core.store.declare({
      ref: { kind: 'System', name: 'billing' },
      spec: { environments: ['dev'] },
      origin: { source: 'platform' },
    })
    await world.settle(2 * hour)
    expect((await measure(world)).oldest).toEqual({ kind: 'System', name: 'billing', seconds: 7200 })
  })

  it('is found by what is due: an unready resource is always looked at within the time that is asked for', () => {
    expect(leaseMilliseconds).toBeLessThanOrEqual(sweepTimes.waiting)
    expect(sweepTimes.retry).toBeLessThanOrEqual(sweepTimes.waiting)
  })
})

describe('the sweep', () => {
  it('writes every metric, zeros too, with the installation and the service', async () => {
    const world = await withWorkload()
    const lines: Record<string, unknown>[] = []
    redirectTelemetry((line) => lines.push(JSON.parse(line) as Record<string, unknown>))
    await world.functions['SweepFunction']?.({ operation: 'unready' })
    const written = lines.filter((line) => '_aws' in line)
    expect(written).toHaveLength(1)
    const { _aws: embedded, ...values } = written[0] as { _aws: { CloudWatchMetrics: Record<string, unknown>[] } }
    const names = [unreadyMetrics.oldest, ...unreadyPhases.map(unreadyMetrics.inPhase)]
    for (const name of names) expect(values).toHaveProperty([name])
    expect(values).toMatchObject({ service: 'sweep', installation: expect.any(String), 'unready.AwaitingImage': 1 })
    expect(embedded.CloudWatchMetrics).toEqual([
      expect.objectContaining({
        Namespace: metricNamespace,
        Dimensions: [expect.toSatisfy((names: string[]) => names.toSorted().join() === 'installation,service')],
      }),
    ])
  })
})
