import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { EventBus } from '../../domain/events.ts'
import type { NamedSource } from '../../domain/git.ts'
import { lookAtHeads, type HeadsSeen } from '../../flow/source/heads.ts'
import { manifest } from '../support/controlplane.ts'
import { hosted, memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

const url = 'https://git.example/claims/claims-services.git'

/** One look, to its end, and which sources it had read. */
async function look(world: MemoryWorld): Promise<HeadsSeen & { readonly read: readonly string[] }> {
  world.events.length = 0
  const seen = (await world.functions['SourceFunction']?.({ operation: 'heads' })) as HeadsSeen
  await world.quiet()
  const read = world.events.flatMap((event) => /^SourceChanged .*"source":"([^"]+)"/.exec(event)?.[1] ?? [])
  return { ...seen, read: read.toSorted() }
}

/** Every source of the example platform read once. */
async function settled(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('one') })
  await world.push(hosted.source, {})
  return world
}

/** More sources of type git, which are read when they are declared. */
async function declared(world: MemoryWorld, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `extra-${index}`)
  const urls = names.map((name) => `https://git.example/extra/${name}.git`)
  for (const one of urls) {
    world.host.create(one)
    world.host.repository(one).write('main', { 'README.md': one }, 'first')
  }
  const text = names.map(
    (name, index) =>
      `apiVersion: fairway.dev/v1alpha1\nkind: Source\nmetadata: { name: ${name} }\nspec: { type: git, url: '${urls[index]}' }\n`,
  )
  await world.operate({ operation: 'apply', files: [{ path: 'sources.yaml', text: text.join('---\n') }] })
  return names
}

describe('a look at the heads of all sources', () => {
  it('finds a push whose webhook was lost, and has that source read and no other', async () => {
    const world = await settled()
    world.host.repository(url).write('main', { 'fairway.yaml': manifest('two') }, 'not announced')
    expect(await look(world)).toMatchObject({ changed: 1, failed: 0, events: 1, read: ['claims-services'] })
    expect((await world.workload('claims/two')).status.phase).toBe('AwaitingImage')
  })

  it('starts nothing where nothing was pushed, however often it looks', async () => {
    const world = await settled()
    for (let round = 0; round < 3; round++) {
      expect(await look(world)).toMatchObject({ sources: 3, changed: 0, failed: 0, events: 0 })
      expect(world.events).toEqual([])
    }
  })

  it('has a source read that was never read, because nobody heard of its declaration', async () => {
    const world = await settled()
    const publish = world.bus.publish.bind(world.bus)
    Object.assign(world.bus, { publish: async () => undefined })
    const names = await declared(world, 2)
    Object.assign(world.bus, { publish })
    expect((await look(world)).read).toEqual(names)
    expect(await look(world)).toMatchObject({ events: 0 })
  })

  it('has a source read again that has problems, because the platform may allow by now what it did not', async () => {
    const world = await settled()
    await world.push('claims-services', { 'fairway.yaml': manifest('one', [], 'policy-admin') })
    expect((await look(world)).read).toEqual(['claims-services'])
    expect((await look(world)).read).toEqual(['claims-services'])
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    expect(await look(world)).toMatchObject({ events: 0 })
  })

  it('has a source read again whose removals wait for a go', async () => {
    const world = await settled()
    const three = ['one', 'two', 'three'].map((name) => manifest(name)).join('---\n')
    await world.push('claims-services', { 'fairway.yaml': three })
    await world.push('claims-services', {})
    expect((await world.store.get({ kind: 'Source', name: 'claims-services' }))?.braked.length).toBeGreaterThan(0)
    expect((await look(world)).read).toEqual(['claims-services'])
  })

  it('has a source read again whose check run could not be written, until it is', async () => {
    const world = await settled()
    world.checks.intercept = () => Promise.reject(new RetryLater('GitHub is down'))
    await world.push(hosted.source, { 'fairway.yaml': manifest('one', [], 'policy-admin') })
    expect((await look(world)).read).toEqual([hosted.source])
    world.checks.intercept = undefined
    expect((await look(world)).read).toEqual([hosted.source])
    expect(await look(world)).toMatchObject({ events: 0 })
  })

  it('has a source read whose head cannot be told, so that it says why', async () => {
    const world = await settled()
    world.host.create('https://git.example/extra/empty.git')
    const text = `apiVersion: fairway.dev/v1alpha1\nkind: Source\nmetadata: { name: empty }\nspec: { type: git, url: 'https://git.example/extra/empty.git' }\n`
    const publish = world.bus.publish.bind(world.bus)
    Object.assign(world.bus, { publish: async () => undefined })
    await world.operate({ operation: 'apply', files: [{ path: 'sources.yaml', text }] })
    Object.assign(world.bus, { publish })
    expect((await look(world)).read).toEqual(['empty'])
    const record = await world.store.get({ kind: 'Source', name: 'empty' })
    expect(record?.problems[0]?.message).toContain('push a first commit')
  })

  it('has a form taken up whose event was lost', async () => {
    const world = await settled()
    await world.store.requests.add('port', 'r_lost')
    expect((await look(world)).read).toEqual(['port'])
  })

  it('of many that cannot be asked for, has some read and not all, and each in its turn', async () => {
    const world = await settled()
    const names = await declared(world, 60)
    await look(world)
    const down = new Set(names)
    world.host.intercept = ({ url: asked }) =>
      down.has(/extra-\d+/.exec(asked)?.[0] ?? '') ? Promise.reject(new RetryLater('down')) : Promise.resolve(undefined)
    const first = await look(world)
    expect(first).toMatchObject({ changed: 0, failed: 60, events: 20 })
    const problems = async () =>
      (await world.store.list('Source')).filter((record) => record.problems.length > 0).map(({ name }) => name)
    expect((await problems()).length).toBe(20)
    for (let round = 0; round < 3; round++) await look(world)
    expect((await problems()).length).toBe(60)
    world.host.intercept = undefined
    await look(world)
    expect(await problems()).toEqual([])
    expect(await look(world)).toMatchObject({ events: 0 })
  })

  it('of many that can be read but not asked for together, has each read in the course of time', async () => {
    const world = await settled()
    const names = await declared(world, 60)
    const failure = { type: 'RetryLater', message: 'no GraphQL here' } as const
    const heads = {
      heads: async (asked: readonly NamedSource[]) => new Map(asked.map(({ name }) => [name, { failure }])),
    }
    const read = new Set<string>()
    for (const fraction of [0, 0.3, 0.6, 0.9]) {
      const bus: EventBus = {
        publish: async (events) => events.forEach(({ detail }) => read.add((detail as { source: string }).source)),
      }
      await lookAtHeads({ store: world.store, bus, heads, random: { fraction: () => fraction } })
    }
    expect([...read]).toEqual(expect.arrayContaining([...names, 'claims-services']))
  })
})
