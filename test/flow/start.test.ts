import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { startMetrics, throttledMetric } from '../../domain/metrics.ts'
import { sweep as startDue } from '../../flow/sweep.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** How much at once: the sweep as a queue, over the deployed handlers and state machines. */

const prod = '200000000002'
const minute = 60_000
let world: MemoryWorld
beforeEach(async () => {
  world = await memoryWorld()
})
afterEach(() => {
  redirectTelemetry(undefined)
})

const named = (system: string, count: number) => Array.from({ length: count }, (_, index) => `${system}/w${index}`)
const workloadsOf = (names: readonly string[], lines: readonly string[] = []) =>
  names.map((name) => manifest(name.split('/')[1] ?? '', lines, name.split('/')[0])).join('---\n')
const sweep = async () => {
  const result = await world.functions['SweepFunction']?.({ operation: 'due' })
  await world.quiet()
  return result as { readonly events: number; readonly waiting: number }
}
const started = () =>
  world.events.flatMap((event) => /^WorkloadChanged .*"workload":"([^"]+)".*"sweep"/.exec(event)?.[1] ?? [])

async function ready(names: readonly string[]): Promise<void> {
  await world.push('claims-services', {
    'fairway.yaml': workloadsOf(names.filter((name) => name.startsWith('claims/'))),
  })
  for (const name of names) await world.image(name)
  await world.settle()
  world.events.length = 0
}

describe('the sweep', () => {
  it('starts no more than there is room for, beside what is at work already, and the rest in the next runs', async () => {
    const names = named('claims', 60)
    await ready(names)
    const working = names.slice(0, 10).map((name) => ({ kind: 'Workload', name }) as const)
    const fences = await Promise.all(
      working.map(async (ref) => ({ ref, taken: await world.store.leases.acquire(ref, 'somebody') })),
    )
    for (const name of names.slice(10)) await world.store.touch({ kind: 'Workload', name })
    expect(await sweep()).toMatchObject({ events: 40, waiting: 10 })
    for (const { ref, taken } of fences) {
      if (taken.result === 'acquired') await world.store.leases.release(ref, taken.fence)
    }
    expect(await sweep()).toMatchObject({ events: 10, waiting: 0 })
    expect(await sweep()).toMatchObject({ events: 0, waiting: 0 })
    expect(started().toSorted()).toEqual(names.slice(10).toSorted())
  })

  it('asks one query of the table, and no more, when nothing is due', async () => {
    await ready(named('claims', 3))
    const calls: string[] = []
    const { table } = world.core
    for (const [name, call] of Object.entries(table) as [string, (...given: never[]) => unknown][]) {
      Object.assign(table, { [name]: (...given: never[]) => (calls.push(name), call(...given)) })
    }
    await startDue({ ...world.core, bus: world.bus })
    expect(calls).toEqual(['dueKeys'])
  })

  it('does not start what somebody has taken up since the index was written', async () => {
    await ready(named('claims', 2))
    for (const name of named('claims', 2)) await world.store.touch({ kind: 'Workload', name })
    const stale = await world.store.waiting(world.clock.now(), 10)
    await world.store.leases.acquire({ kind: 'Workload', name: 'claims/w0' }, 'somebody')
    const { table } = world.core
    const keys = stale.map(({ ref, at }) => ({ key: `${ref.kind}/${ref.name}`, attentionAt: at }))
    Object.assign(table, { dueKeys: () => Promise.resolve({ keys }) })
    await sweep()
    expect(started()).toEqual(['claims/w1'])
  })
})

describe('a changed Cluster', () => {
  it('is looked at again when it is changed while its Systems are marked', async () => {
    await ready(named('claims', 1))
    const cluster = { kind: 'Cluster', name: 'dev' } as const
    await world.store.touch(cluster)
    const touch = world.store.touch.bind(world.store)
    const marked: string[] = []
    Object.assign(world.store, {
      touch: async (ref: Parameters<typeof touch>[0]) => {
        await touch(ref)
        if (ref.kind === 'System' && marked.push(ref.name) === 1) await touch(cluster)
      },
    })
    await sweep()
    await sweep()
    expect(marked.filter((name) => name === marked[0])).toHaveLength(2)
    expect((await world.store.get(cluster))?.attentionAt).toBeUndefined()
  })
})

describe('a changed System', () => {
  const change = async (description: string) => {
    const record = await world.store.get({ kind: 'System', name: 'claims' })
    const spec = { ...(record?.spec as object), description }
    const text = JSON.stringify({
      apiVersion: 'fairway.dev/v1alpha1',
      kind: 'System',
      metadata: { name: 'claims' },
      spec,
    })
    await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text }] })
  }

  it('has all of its workloads looked at, as many at a time as there is room for', async () => {
    const names = named('claims', 120)
    await ready(names)
    await change('another one')
    expect(started()).toEqual([])
    const runs = []
    for (let run = 0; run < 4; run++) runs.push((await sweep()).events)
    expect(runs).toEqual([50, 50, 20, 0])
    expect(started().toSorted()).toEqual(names.toSorted())
  })

  it('has them looked at although marking them fails at first', async () => {
    await ready(named('claims', 3))
    const touch = world.store.touch.bind(world.store)
    let failures = 0
    Object.assign(world.store, {
      touch: async (ref: Parameters<typeof touch>[0]) => {
        if (ref.kind === 'Workload' && failures++ === 0) throw new RetryLater('the table is busy')
        return touch(ref)
      },
    })
    await change('a third one')
    expect(failures).toBeGreaterThan(1)
    await world.settle()
    expect(new Set(started())).toEqual(new Set(named('claims', 3)))
  })
})

/** Calls a second that an account takes; a call takes ten milliseconds of the world's time. */
function throttling(account: string, most: number) {
  const times: number[] = []
  const told = { throttled: 0, others: 0 }
  world.control.awsFault = (call) => {
    world.clock.advance(10)
    if (call.account !== account) return void (told.others += 1)
    const now = world.clock.now()
    while (times.length > 0 && (times[0] ?? 0) <= now - 1000) times.shift()
    if (times.length < most) return void times.push(now)
    told.throttled += 1
    return { kind: 'throttle' }
  }
  return told
}

describe('an account that throttles', () => {
  const lines = [
    'secrets: { session: { generate: { length: 24 } } }',
    'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::policy-admin-x/*"] }] }',
  ]
  const slow = named('policy-admin', 20)
  const other = named('claims', 5)
  const inProd = (text: string) => text.replaceAll('environments: { dev: {} }', 'environments: { prod: {} }')
  const waiting = (names: readonly string[]) =>
    Promise.all(names.map(async (name) => (await world.workload(name)).status)).then((all) =>
      all.filter(({ phase }) => phase !== 'AwaitingImage'),
    )

  it('is asked for less, until all is done, with nothing that failed for good; and then for all again', async () => {
    const told = throttling(prod, 12)
    const lines2 = { 'fairway.yaml': inProd(workloadsOf(slow, lines)) }
    await world.push('policy-admin-services', lines2)
    await world.push('claims-services', { 'fairway.yaml': workloadsOf(other, lines.slice(0, 1)) })
    expect(told.throttled).toBeGreaterThan(0)
    expect(await waiting(other)).toEqual([])
    const slowest: number[] = []
    for (let run = 0; run < 240 && (await waiting(slow)).length > 0; run++) {
      const slowed = await world.core.pace.slowed()
      expect(slowed.every(({ account }) => account === prod)).toBe(true)
      slowest.push(Math.min(1, ...slowed.map(({ share }) => share)))
      for (const { error } of await waiting(slow)) expect(error?.type ?? 'RetryLater').toBe('RetryLater')
      world.clock.advance(minute)
      await sweep()
    }
    expect(await waiting(slow)).toEqual([])
    expect(Math.min(...slowest)).toBeLessThan(0.5)
    world.clock.advance(10 * minute)
    expect(await world.core.pace.slowed()).toEqual([])
    process.stdout.write(
      `20 workloads in an account of 12 calls a second: ${slowest.length} minutes, ${told.throttled} calls throttled, slowest pace ${Math.min(...slowest)}\n`,
    )
  })

  it('P1: nothing is written about the pace while nothing is throttled', async () => {
    const keys: string[] = []
    const { table } = world.core
    const update = table.update.bind(table)
    const noting: typeof update = (key, ...rest) => {
      keys.push(key)
      return update(key, ...rest)
    }
    Object.assign(table, { update: noting })
    await world.push('claims-services', { 'fairway.yaml': workloadsOf(other, lines.slice(0, 1)) })
    await world.settle()
    expect(keys.filter((key) => key.startsWith('Pace/'))).toEqual([])
    expect(keys.length).toBeGreaterThan(0)
  })

  it('shows in metrics: what was throttled, how slow it goes, and what waits', async () => {
    throttling(prod, 3)
    const metrics: Record<string, unknown>[] = []
    redirectTelemetry((line) => {
      const parsed = JSON.parse(line) as Record<string, unknown>
      if ('_aws' in parsed) metrics.push(parsed)
    })
    await world.push('policy-admin-services', { 'fairway.yaml': inProd(workloadsOf(slow, lines)) })
    for (let run = 0; run < 5; run++) {
      world.clock.advance(minute)
      await sweep()
    }
    const values = (name: string) => metrics.flatMap((each) => (name in each ? [Number(each[name])] : []))
    expect(values(throttledMetric('iam')).length).toBeGreaterThan(0)
    const pace = values(startMetrics.pace('iam'))
    expect(pace.length).toBeGreaterThan(0)
    expect(pace.every((percent) => percent > 0 && percent < 100)).toBe(true)
    expect(values(startMetrics.waiting).length).toBeGreaterThan(0)
  })
})
