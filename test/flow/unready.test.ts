import { afterEach, describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import {
  lateRenewalPercent,
  metricNamespace,
  renewalMetrics,
  unreadyMetrics,
  unreadyPhases,
} from '../../domain/metrics.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import { renewalsIn } from '../../flow/renewals.ts'
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
    expect(found).toEqual({
      phases: { Pending: 0, AwaitingImage: 0, AwaitingSecret: 0, Failed: 0, Retiring: 0 },
      renewals: { due: 0 },
    })
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

describe('a renewal that does not come', () => {
  const day = 24 * hour

  it('is counted from its day on, with the days that are left, and named in the log', async () => {
    const world = await memoryWorld()
    const nats = ['nats: { publish: [claims.opened] }']
    await world.push('claims-services', { 'fairway.yaml': manifest('one', nats) })
    await world.image('claims/one')
    await world.settle()
    const { credentials } = await world.workload('claims/one')
    const { expiresAt = 0, renewAt = 0, issuedAt = 0 } = credentials['dev/nats'] ?? {}
    world.control.fault = (name, _payload, when) => {
      if (name === 'NatsFunction' && when === 'before') throw new Terminal('refused')
    }
    world.clock.advance(renewAt - world.clock.now() - hour)
    // Nothing is due, and it is known all the same what ends first.
    const before = (await measure(world)).renewals
    expect(before).toMatchObject({ due: 0, nearest: { name: 'claims/one', credential: 'dev/nats' } })
    expect(before).not.toHaveProperty('latest')
    expect(before.nearest?.days).toBeCloseTo(7 + 1 / 24, 6)
    await world.settle(4 * day)
    await world.settle(2 * hour)
    const left = (expiresAt * 1000 - world.clock.now()) / day
    const timeLeft = (100 * left) / 7
    expect(timeLeft).toBeLessThan(lateRenewalPercent)
    const found = {
      name: 'claims/one',
      credential: 'dev/nats',
      generation: 1,
      reason: 'absent',
      issued: new Date(issuedAt * 1000).toISOString(),
      days: expect.closeTo(left, 6),
      timeLeft: expect.closeTo(timeLeft, 6),
    }
    expect((await measure(world)).renewals).toEqual({ due: 1, latest: found, nearest: found })
    const lines: string[] = []
    redirectTelemetry((line) => lines.push(line))
    await world.functions['SweepFunction']?.({ operation: 'unready' })
    const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => '_aws' in line)
    expect(metrics).toMatchObject({
      [renewalMetrics.due]: 1,
      [renewalMetrics.timeLeft]: expect.closeTo(timeLeft, 6),
      [renewalMetrics.nearestExpiry]: expect.closeTo(left, 6),
    })
    expect(lines.join()).toContain('"credential":"dev/nats"')
    delete world.control.fault
    await world.settle()
    const after = (await measure(world)).renewals
    expect(after).toMatchObject({ due: 0, nearest: { generation: 2, reason: 'expiry' } })
    expect(after).not.toHaveProperty('latest')
  })

  it('is late by its own measure, however short the time for it is that was declared', () => {
    const now = 100 * day
    const timeLeft = (renewBefore: number, left: number) => {
      const times = { renewAt: now + left - renewBefore, expiresAt: (now + left) / 1000 }
      const credential = { kind: 'nats', state: 'current', generation: 1, versionId: 'v', ...times }
      return renewalsIn([recordWith(credential)], now).latest?.timeLeft
    }
    expect(timeLeft(7 * day, 7 * day - hour)).toBeGreaterThan(lateRenewalPercent)
    expect(timeLeft(7 * day, 3 * day)).toBeLessThan(lateRenewalPercent)
    expect(timeLeft(day, 23 * hour)).toBeGreaterThan(lateRenewalPercent)
    expect(timeLeft(day, 10 * hour)).toBeLessThan(lateRenewalPercent)
    expect(timeLeft(day, -hour)).toBeLessThan(0)
    expect(timeLeft(day, 25 * hour)).toBeUndefined()
  })

  it('is looked for where nothing is due among no more than those that come next, and not in the whole fleet', async () => {
    const world = await memoryWorld()
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `.fairway/w${index}.yaml`,
        manifest(`w${index}`, ['nats: { publish: [claims.opened] }']),
      ]),
    )
    await world.push('claims-services', files)
    for (const path of Object.keys(files)) await world.image(`claims/${path.slice(9, -5)}`)
    await world.settle()
    let read = 0
    const attention: typeof world.core.store.attention = async (...query) => {
      const found = await world.core.store.attention(...query)
      read += found.length
      return found
    }
    const found = await unready({ ...world.core, store: { ...world.core.store, attention } })
    expect(read).toBe(25)
    const ends = await Promise.all(
      Object.keys(files).map(async (path) => {
        const { credentials } = await world.workload(`claims/${path.slice(9, -5)}`)
        return credentials['dev/nats']?.expiresAt ?? 0
      }),
    )
    expect(found.renewals.nearest?.days).toBeCloseTo((Math.min(...ends) * 1000 - world.clock.now()) / day, 6)
  })

  it('is that of the credential in use, which ends while the next one is being made', () => {
    const now = 100 * day
    const used = { generation: 1, versionId: 'v1', renewAt: now - day, expiresAt: (now + 2 * day) / 1000 }
    const next = { generation: 2, versionId: 'v2', renewAt: now + 20 * day, expiresAt: (now + 30 * day) / 1000 }
    const making = { kind: 'nats', state: 'issuing', ...next, previous: [used] } as const
    const replaced = { kind: 'nats', state: 'current', ...next, previous: [used] } as const
    const found = renewalsIn([recordWith(making)], now)
    expect(found).toMatchObject({ due: 1, latest: { generation: 1 }, nearest: { days: 2, generation: 1 } })
    const other = renewalsIn([recordWith(replaced)], now)
    expect(other).toMatchObject({ due: 0, nearest: { days: 30, generation: 2 } })
    expect(renewalsIn([recordWith(making, { intent: 'retire' })], now)).toEqual({ due: 0 })
    // Given up: its last generation stays on record, and nobody renews it.
    expect(renewalsIn([recordWith(making, { claims: {} })], now)).toEqual({ due: 0 })
  })
})

function recordWith(credential: object, more: object = {}): WorkloadRecord {
  return {
    name: 'a/b',
    intent: 'present',
    spec: {},
    credentials: { 'dev/nats': credential },
    claims: { 'nats/dev/secret': { id: 's', incarnation: 1 } },
    ...more,
  } as unknown as WorkloadRecord
}

describe('the sweep', () => {
  it('writes every metric, zeros too, with the installation and the service', async () => {
    const world = await withWorkload()
    const lines: Record<string, unknown>[] = []
    redirectTelemetry((line) => lines.push(JSON.parse(line) as Record<string, unknown>))
    await world.functions['SweepFunction']?.({ operation: 'unready' })
    const written = lines.filter((line) => '_aws' in line)
    expect(written).toHaveLength(1)
    expect(written[0]).not.toHaveProperty([renewalMetrics.nearestExpiry])
    const { _aws: embedded, ...values } = written[0] as { _aws: { CloudWatchMetrics: Record<string, unknown>[] } }
    const names = [unreadyMetrics.oldest, ...unreadyPhases.map(unreadyMetrics.inPhase), renewalMetrics.due]
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
