import { describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { manifest } from '../support/controlplane.ts'
import { hosted, memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** Check runs beside pushed commits and pull requests, with the stages and machines together, and with faults. */

const name = 'policy-admin/one'
const files = (...lines: string[]) => ({ 'fairway.yaml': manifest('one', lines, 'policy-admin') })
const wrong = { 'fairway.yaml': manifest('one', [], 'policy-admin').replace('type: worker', 'type: wurker') }

const runs = (world: MemoryWorld, called = 'fairway') => world.checks.runs(hosted).filter((run) => run.name === called)
const source = async (world: MemoryWorld) => world.store.get({ kind: 'Source', name: hosted.source })
/** What is asked of the host, by kind. */
function asked(world: MemoryWorld): string[] {
  const calls: string[] = []
  world.checks.intercept = (operation) => {
    calls.push(operation)
    return Promise.resolve()
  }
  return calls
}

describe('a pushed commit', () => {
  it('has a check run that says what was admitted; the next commit has its own', async () => {
    const world = await memoryWorld()
    await world.push(hosted.source, files())
    const first = (await source(world))?.head
    await world.push(hosted.source, wrong)
    const second = (await source(world))?.head
    expect(runs(world).slice(-2)).toMatchObject([
      { commit: first, conclusion: 'success', title: '1 created' },
      { commit: second, conclusion: 'failure', annotations: [{ path: 'fairway.yaml', line: 5 }] },
    ])
  })

  it('P1: is not asked about again by any number of looks, with problems and without', async () => {
    const world = await memoryWorld()
    for (const pushed of [files(), wrong]) {
      await world.push(hosted.source, pushed)
      const calls = asked(world)
      const before = await source(world)
      for (const reason of ['schedule', 'push', 'sweep', 'schedule']) await world.look(hosted.source, reason)
      expect(calls).toEqual([])
      const { lease: _, fence: __, revision: ___, ...after } = (await source(world)) as NonNullable<typeof before>
      expect(before).toMatchObject(after)
    }
  })

  it('of a plain git source has none', async () => {
    const world = await memoryWorld()
    const calls = asked(world)
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    expect(calls).toEqual([])
    expect((await world.workload('claims/one')).status.phase).toBe('AwaitingImage')
  })
})

describe('a git host that fails', () => {
  it.each([
    ['is down', () => new RetryLater('GitHub is down')],
    ['takes the permission away', () => new Terminal('GitHub refuses')],
    ['makes the function die', () => Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })],
  ])('and %s holds up nothing, and the check run is written at the next look after', async (_what, error) => {
    const world = await memoryWorld()
    let down = true
    world.checks.intercept = () => (down ? Promise.reject(error()) : Promise.resolve())
    await world.push(hosted.source, files())
    expect((await source(world))?.lease).toBeUndefined()
    await world.image(name)
    expect((await world.workload(name)).status.phase).toBe('Ready')
    const before = runs(world).length
    await world.look(hosted.source, 'schedule')
    expect(runs(world)).toHaveLength(before)

    down = false
    await world.look(hosted.source, 'schedule')
    expect(runs(world)).toHaveLength(before + 1)
    expect(runs(world).at(-1)).toMatchObject({ commit: (await source(world))?.head, title: '1 created' })
    await world.look(hosted.source, 'schedule')
    expect(runs(world)).toHaveLength(before + 1)
  })

  it.each(['before', 'after'] as const)(
    'P4: the function dies %s its work: one check run that says it, at the next look at the latest',
    async (when) => {
      const world = await memoryWorld()
      const before = runs(world).length
      let died = false
      world.control.fault = (called, payload, at) => {
        if (died || called !== 'CheckFunction' || payload['operation'] !== 'push' || at !== when) return
        died = true
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
      }
      await world.push(hosted.source, files())
      expect(died).toBe(true)
      await world.look(hosted.source, 'schedule')
      expect(runs(world)).toHaveLength(before + 1)
      const calls = asked(world)
      await world.look(hosted.source, 'schedule')
      expect(calls).toEqual([])
    },
  )

  it('P4: written and not noted is asked once more, and not written again', async () => {
    const world = await memoryWorld()
    const checked = world.store.checked.bind(world.store)
    let lost = false
    Object.assign(world.store, {
      checked: (...parameters: Parameters<typeof checked>) => {
        if (lost) return checked(...parameters)
        lost = true
        return Promise.reject(Object.assign(new Error('killed'), { name: 'Runtime.ExitError' }))
      },
    })
    const before = runs(world).length
    const calls = asked(world)
    await world.push(hosted.source, files())
    await world.look(hosted.source, 'schedule')
    expect([lost, calls, runs(world).length - before]).toEqual([true, ['check', 'check'], 1])
  })

  it('is waited for by a pull request’s check, which nothing else would look at', async () => {
    const world = await memoryWorld()
    let failures = 20
    world.checks.intercept = () =>
      failures-- > 0 ? Promise.reject(new RetryLater('GitHub is down')) : Promise.resolve()
    const head = await world.pull(7, files())
    expect(runs(world, 'fairway plan')).toMatchObject([{ commit: head, conclusion: 'success' }])
  })
})

describe('a pull request', () => {
  it('is planned at each head, and the same webhook again writes nothing', async () => {
    const world = await memoryWorld()
    const first = await world.pull(7, wrong)
    const second = await world.pull(7, files())
    await world.lookAtPull(7, first)
    await world.lookAtPull(7, second)
    expect(runs(world, 'fairway plan')).toMatchObject([
      { commit: first, conclusion: 'failure', annotations: [{ line: 5 }] },
      { commit: second, conclusion: 'success', title: '1 to create' },
    ])
  })

  it('writes nothing but its check run', async () => {
    const world = await memoryWorld()
    await world.push(hosted.source, files())
    await world.image(name)
    const before = { writes: world.writes(), record: await world.workload(name), source: await source(world) }
    await world.pull(7, { 'fairway.yaml': manifest('other', [], 'policy-admin') })
    await world.settle()
    expect(world.writes()).toBe(before.writes + 1)
    expect(await world.workload(name)).toEqual(before.record)
    expect(await source(world)).toEqual(before.source)
    expect(await world.store.get({ kind: 'Workload', name: 'policy-admin/other' })).toBeUndefined()
  })

  it.each(['before', 'after'] as const)(
    'P4: a check that dies %s its work is made by the next webhook',
    async (when) => {
      const world = await memoryWorld()
      world.control.fault = (called, payload, at) => {
        if (called !== 'CheckFunction' || payload['operation'] !== 'pull-request' || at !== when) return
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
      }
      const head = await world.pull(7, files())
      delete world.control.fault
      await world.lookAtPull(7, head)
      expect(runs(world, 'fairway plan')).toMatchObject([{ commit: head }])
    },
  )
})
