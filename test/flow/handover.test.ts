import { describe, expect, it } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** The way of a change from whoever rendered it to the branch and back, on the in-memory twins of every port. */

const name = 'claims/one'
const ref = { kind: 'Workload', name } as const
const lines = ['scaling: { min: 2 }']
const files = { 'fairway.yaml': manifest('one', lines) }
const target = { url: 'https://github.example/acme/cluster-dev.git', branch: 'main' }
const application = 'applications/claims/workloads/one.yaml'

async function ready(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', files)
  await world.image(name)
  expect((await world.workload(name)).status.phase).toBe('Ready')
  return world
}

/** As Lambda reports a function that is killed: no retry of ours names it. */
function die(): never {
  throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
}

/** Changes the source without waiting for what comes of it. */
async function declare(world: MemoryWorld, text: string): Promise<void> {
  const { generation } = await world.workload(name)
  world.host
    .repository('https://git.example/claims/claims-services.git')
    .write('main', { 'fairway.yaml': text }, 'edit')
  await world.bus.publish([{ type: 'SourceChanged', detail: { source: 'claims-services', reason: 'push' } }])
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  while ((await world.workload(name)).generation === generation) await turn()
  // Whoever was started by it has found the lease taken.
  for (let turns = 0; turns < 200; turns++) await turn()
}

const replicas = (world: MemoryWorld) =>
  /replicas: (\d+)/.exec(world.branch('cluster-dev').get('manifests/claims/one/deployment.yaml') ?? '')?.[1]

function calls(world: MemoryWorld): string[] {
  const seen: string[] = []
  world.control.fault = (called, payload, when) => {
    const { operation } = payload
    if (when === 'before') seen.push(typeof operation === 'string' ? `${called} ${operation}` : called)
  }
  return seen
}

describe('a change', () => {
  it('P1: what the branch has already is not handed over, and nothing is stored', async () => {
    const world = await ready()
    const stored = world.contents.size
    const seen = calls(world)
    await world.reconcile(name)
    expect(seen).toContain('CommitFunction commit')
    expect(seen).not.toContain('CommitFunction hand-over')
    expect(seen).not.toContain('WriteFunction')
    expect(world.contents.size).toBe(stored)
  })

  it.each([
    ['edited', (files: Map<string, string>) => files.set('manifests/claims/one/deployment.yaml', 'edited')],
    ['deleted', (files: Map<string, string>) => files.delete('manifests/claims/one/deployment.yaml')],
    ['added', (files: Map<string, string>) => files.set('manifests/claims/one/extra.yaml', 'kind: Extra')],
  ])('a file under its paths that somebody %s is a difference', async (_what, edit) => {
    const world = await ready()
    const before = world.branch('cluster-dev')
    const edited = new Map(before)
    edit(edited)
    const all = [...new Set([...before.keys(), ...edited.keys()])]
    const repository = world.host.repository('https://github.example/acme/cluster-dev.git')
    repository.write('main', Object.fromEntries(all.map((path) => [path, edited.get(path)])), 'by hand')
    expect(world.branch('cluster-dev')).not.toEqual(before)
    const seen = calls(world)
    await world.reconcile(name)
    expect(seen).toContain('WriteFunction')
    expect(world.branch('cluster-dev')).toEqual(before)
  })

  it('leaves nothing waiting, and its commit is on record', async () => {
    const world = await ready()
    expect(await world.handover.changes.waiting(target, 10)).toEqual([])
    expect((await world.workload(name)).status.placements['dev']?.commit).toBe(world.head('cluster-dev'))
  })

  it('of a commit that nobody could report is asked for again: the record names the one that has it', async () => {
    const world = await memoryWorld()
    let died = false
    world.control.fault = (called, _payload, when) => {
      if (died || called !== 'ReportFunction' || when !== 'before') return
      died = true
      die()
    }
    await world.push('claims-services', files)
    const head = world.head('cluster-dev')
    expect((await world.workload(name)).status.placements).toEqual({})
    await world.settle()
    expect(world.head('cluster-dev')).toBe(head)
    expect((await world.workload(name)).status.placements['dev']?.commit).toBe(head)
  })

  it('carries names and a content address through the state machine, and no manifest', async () => {
    const world = await memoryWorld()
    const carried: string[] = []
    world.control.fault = (called, payload, when) => {
      if (called === 'CommitFunction' && payload['operation'] === 'hand-over' && when === 'before')
        carried.push(JSON.stringify(payload))
    }
    await world.push('claims-services', files)
    expect(carried).toHaveLength(1)
    expect(carried[0]).not.toContain('apiVersion')
    expect(carried[0]?.length).toBeLessThan(2000)
  })

  it('P10: of an earlier round, still waiting, is not committed once the branch was found as it should be', async () => {
    const world = await ready()
    const gate = Promise.withResolvers<void>()
    let [handOvers, reports] = [0, 0]
    world.control.fault = async (called, payload, when) => {
      // Nobody takes the first change before the second round has looked at the branch.
      if (called === 'WriteFunction' && when === 'before') await gate.promise
      if (payload['operation'] === 'hand-over') {
        if (when === 'before') handOvers += 1
        else if (handOvers === 1) die()
        else gate.resolve()
      }
      if (called === 'ReportFunction' && when === 'before') {
        reports += 1
        if (reports === 1) return declare(world, manifest('one', lines))
        gate.resolve()
        await world.handover.queue.idle()
      }
    }
    await world.push('claims-services', { 'fairway.yaml': manifest('one', ['scaling: { min: 5 }']) })
    expect(reports).toBe(2)
    expect(await world.workload(name)).toMatchObject({ status: { phase: 'Ready', observedGeneration: 3 } })
    expect(replicas(world)).toBe('2')
  })

  it('whose lease was lost while it waited is not committed, and the next run brings its own', async () => {
    const world = await ready()
    let taken = false
    world.control.fault = async (called, _payload, when) => {
      if (called !== 'WriteFunction' || when !== 'before' || taken) return
      taken = true
      world.clock.advance(20 * 60_000)
      expect((await world.store.leases.acquire(ref, 'another')).result).toBe('acquired')
    }
    const head = world.head('cluster-dev')
    await world.push('claims-services', { 'fairway.yaml': manifest('one', ['scaling: { min: 5 }']) })
    expect(world.head('cluster-dev')).toBe(head)
    expect((await world.workload(name)).lease?.holder).toBe('another')
    await world.settle()
    expect(replicas(world)).toBe('5')
    expect(await world.workload(name)).toMatchObject({ status: { phase: 'Ready', observedGeneration: 2 } })
    expect(await world.handover.changes.waiting(target, 10)).toEqual([])
  })

  it('that no writer ever answers fails its run in time, and is made by a later one', async () => {
    const world = await ready()
    world.control.fault = (called, _payload, when) => {
      if (called === 'WriteFunction' && when === 'before') throw new Conflict('no writer today')
    }
    await world.push('claims-services', { 'fairway.yaml': manifest('one', ['scaling: { min: 5 }']) })
    expect(await world.workload(name)).toMatchObject({ status: { phase: 'Failed', error: { type: 'RetryLater' } } })
    expect((await world.workload(name)).lease).toBeUndefined()
    delete world.control.fault
    await world.settle()
    expect(replicas(world)).toBe('5')
    expect((await world.workload(name)).status.phase).toBe('Ready')
  })
})

describe('retiring, after a crash', () => {
  const gone = { 'fairway.yaml': '' }
  const confirm = (world: MemoryWorld) => world.operate({ operation: 'retire', workload: name, confirm: 'dev' })
  const once = (matches: (called: string, payload: Readonly<Record<string, unknown>>, when: string) => boolean) => {
    let died = false
    return (called: string, payload: Readonly<Record<string, unknown>>, when: string) => {
      if (died || !matches(called, payload, when)) return
      died = true
      die()
    }
  }

  const placed = (...environments: string[]) => {
    const list = environments.map((one) => `${one}: {}`).join(', ')
    return { 'fairway.yaml': manifest('one', lines).replace('{ dev: {} }', `{ ${list} }`) }
  }

  async function left(): Promise<MemoryWorld> {
    const world = await memoryWorld()
    await world.push('claims-services', placed('dev', 'prod'))
    await world.image(name)
    expect((await world.workload(name)).status.phase).toBe('Ready')
    await world.push('claims-services', placed('prod'))
    expect(world.branch('cluster-dev').has(application)).toBe(false)
    await world.store.confirmRemoval(ref, 'dev', 'argocd')
    return world
  }

  it('nothing is on record any more of the leaving of what came back', async () => {
    const world = await left()
    await world.push('claims-services', placed('dev', 'prod'))
    expect(world.branch('cluster-dev').has(application)).toBe(true)
    expect((await world.workload(name)).removals).toEqual({})
  })

  it.each(['nothing', 'confirmed'])(
    'P9: an old confirmation does not serve for what was put back and never reported, if %s else dies',
    async (dies) => {
      const world = await left()
      world.control.fault = once(
        (called, payload, when) =>
          called === 'ReportFunction' && payload['operation'] === 'workload' && when === 'before',
      )
      await world.push('claims-services', placed('dev', 'prod'))
      expect(world.branch('cluster-dev').has(application)).toBe(true)
      expect((await world.workload(name)).removals?.['dev']?.confirmed).toBe('argocd')
      world.control.fault = once((_called, payload, when) => payload['operation'] === dies && when === 'before')
      await world.push('claims-services', placed('prod'))
      await world.settle()
      expect(world.branch('cluster-dev').has(application)).toBe(false)
      expect(world.branch('cluster-dev').has('manifests/claims/one/deployment.yaml')).toBe(true)
      expect((await world.workload(name)).removals?.['dev']?.confirmed).toBeUndefined()
      await world.operate({ operation: 'retire', workload: name, confirm: 'dev' })
      await world.settle()
      expect(world.branch('cluster-dev').has('manifests/claims/one/deployment.yaml')).toBe(false)
      expect((await world.workload(name)).claims).not.toHaveProperty('commit/dev/branch')
    },
  )

  it('what reached the branch and no record is waited for all the same', async () => {
    const world = await memoryWorld()
    world.control.fault = (called, payload, when) => {
      if (called === 'ReportFunction' && payload['operation'] === 'workload' && when === 'before') die()
    }
    await world.push('claims-services', files)
    expect(world.branch('cluster-dev').has(application)).toBe(true)
    world.control.fault = once(
      (called, payload, when) =>
        called === 'ReportFunction' && payload['operation'] === 'confirmed' && when === 'before',
    )
    world.clock.advance(20 * 60_000)
    await world.push('claims-services', gone)
    await world.settle()
    expect(world.branch('cluster-dev').has(application)).toBe(false)
    expect((await world.workload(name)).status.phase).toBe('Retiring')
    await confirm(world)
    await world.settle()
    expect((await world.workload(name)).status.phase).toBe('Retired')
  })

  it.each([
    ['the stage that looks at the branch', 'CommitFunction', 'remove-applications'],
    ['the hand-over', 'CommitFunction', 'hand-over'],
    ['the writer', 'WriteFunction', undefined],
    ['the stage that puts commit A on record', 'ReportFunction', 'confirmed'],
  ])('what never reached the branch has nothing to wait for: %s dies', async (_what, target, operation) => {
    for (const at of ['before', 'after']) {
      const world = await memoryWorld()
      // Nothing is rendered without a role.
      world.control.fault = (called, _payload, when) => {
        if (called === 'IamFunction' && when === 'before') die()
      }
      await world.push('claims-services', files)
      expect([...world.branch('cluster-dev').keys()].filter((path) => path.includes('/one'))).toEqual([])
      world.control.fault = once(
        (called, payload, when) => called === target && payload['operation'] === operation && when === at,
      )
      await world.push('claims-services', gone)
      await world.settle()
      expect((await world.workload(name)).status.phase, at).toBe('Retired')
    }
  })

  it.each([
    ['CommitFunction', 'remove-applications'],
    ['CommitFunction', 'remove-manifests'],
    ['CommitFunction', 'hand-over'],
    ['WriteFunction', undefined],
    ['ReportFunction', 'confirmed'],
  ])('%s %s dies, before or after its work: it ends Retired, after one confirmation', async (target, operation) => {
    for (const at of ['before', 'after']) {
      const world = await ready()
      world.control.fault = once(
        (called, payload, when) => called === target && payload['operation'] === operation && when === at,
      )
      await world.push('claims-services', gone)
      await world.settle()
      expect((await world.workload(name)).status.phase, at).toBe('Retiring')
      expect(world.branch('cluster-dev').has(application)).toBe(false)
      await confirm(world)
      await world.settle()
      expect((await world.workload(name)).status.phase, at).toBe('Retired')
      expect([...world.branch('cluster-dev').keys()].filter((path) => path.includes('/one'))).toEqual([])
    }
  })
})
