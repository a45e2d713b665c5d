import { beforeEach, describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { checkWorld, source, workloadYaml as yaml, type CheckWorld } from './fixture.ts'
import { checkPush } from './push.ts'

const file = '.fairway/quotes.yaml'
let world: CheckWorld
beforeEach(async () => {
  world = await checkWorld()
})

async function pushed(files: Readonly<Record<string, string>>) {
  const { commit, read } = await world.push(files)
  expect(read.check).toBe(commit)
  return { commit, checked: await checkPush(world.ports, { source, commit }), run: world.runs.at(-1) }
}

describe('the check of a pushed commit', () => {
  it('says what was created, changed, removed and left alone at that commit, and what is provisioned for the new', async () => {
    await pushed({ [file]: yaml('quotes'), b: yaml('two'), c: yaml('three') })
    const { commit, checked, run } = await pushed({
      [file]: yaml('quotes', ['image: { track: "v*" }']),
      b: yaml('two'),
      d: yaml('four', ['secrets: { stripe: { keys: [apiKey] } }']),
    })
    expect(checked).toMatchObject({ result: 'written', commit })
    expect(run).toMatchObject({
      commit,
      name: 'fairway',
      conclusion: 'success',
      title: '1 being removed, 1 created, 1 changed',
      repository: { installationId: 51_423_877, repositoryId: 734_519_206 },
    })
    expect(run?.summary).toContain('- Workload `policy-admin/three`\n')
    expect(run?.summary).toContain('- Workload `policy-admin/quotes`, `.fairway/quotes.yaml:1`\n  - generation 2')
    expect(run?.summary).toContain('  - secret `stripe`: made empty, its owner fills `apiKey`')
    expect(run?.summary).toContain('Unchanged: 1.')
  })

  it('carries the problems as they are on record, those of admission too, each at its line', async () => {
    await world.apply([{ path: 'taken.yaml', text: yaml('taken') }])
    const { run } = await pushed({
      a: yaml('taken', ['image: { track: x }']),
      b: yaml('bad').replace('type: w', 'type: v'),
    })
    expect(run?.conclusion).toBe('failure')
    expect(run?.annotations.map(({ path, line }) => [path, line])).toEqual([
      ['b', 5],
      ['a', 1],
    ])
  })

  it('P9: says what the brake holds, and how it is let go', async () => {
    await pushed({ a: yaml('one'), b: yaml('two'), c: yaml('three') })
    const { run } = await pushed({ c: yaml('three') })
    expect(run?.title).toBe('2 no longer declared, held by the brake')
    expect(run?.summary).toContain('`fairway go policy-admin-services`')
  })

  it('is neutral where nothing is declared', async () => {
    expect((await pushed({})).run).toMatchObject({ conclusion: 'neutral' })
  })

  it('a manifest that moved, or a commit that changes nothing, is no change', async () => {
    await pushed({ [file]: yaml('quotes') })
    const { run } = await pushed({ '.fairway/moved.yaml': yaml('quotes') })
    expect(run).toMatchObject({ title: 'nothing has changed', conclusion: 'success' })
  })

  it('P1: a commit whose check is written is not asked for again, however often it is read', async () => {
    const files = { [file]: yaml('quotes'), b: yaml('bad').replace('type: w', 'type: v') }
    await pushed(files)
    const head = { ...world.snapshot(files), commit: world.runs[0]?.commit ?? '' }
    const calls = world.calls.length
    expect((await world.read(head)).check).toBeNull()
    expect((await world.read(head)).check).toBeNull()
    expect(world.calls).toHaveLength(calls)
  })

  it('keeps saying what the commit removed when the commit is read again', async () => {
    await pushed({ [file]: yaml('quotes'), b: yaml('two') })
    const files = { [file]: yaml('quotes'), c: yaml('bad').replace('type: w', 'type: v') }
    const { commit, run } = await pushed(files)
    expect(run?.title).toBe('1 problem, 1 being removed')
    expect((await world.read({ ...world.snapshot(files), commit })).check).toBeNull()
    expect((await world.store.get({ kind: 'Source', name: source }))?.removed).toEqual(['policy-admin/two'])
  })

  it('P4: a reading that died after it retired a workload still says so', async () => {
    await pushed({ [file]: yaml('quotes'), b: yaml('two') })
    await world.store.retire({ kind: 'Workload', name: 'policy-admin/two' }, { who: 'the one that died', what: '' })
    expect((await pushed({ [file]: yaml('quotes') })).run?.title).toBe('1 being removed')
  })

  it('the same commit is told anew when what it declares is judged otherwise', async () => {
    const files = { a: yaml('one', ['environments: { stage: {} }']) }
    const { commit, run } = await pushed(files)
    expect(run?.conclusion).toBe('failure')
    const system = await world.store.get({ kind: 'System', name: 'policy-admin' })
    await world.store.declare({
      ref: { kind: 'System', name: 'policy-admin' },
      spec: { ...(system?.spec as object), environments: ['dev', 'prod', 'stage'] },
      origin: { source: 'apply' },
    })
    const cluster = await world.store.get({ kind: 'Cluster', name: 'dev' })
    await world.store.declare({
      ref: { kind: 'Cluster', name: 'stage' },
      spec: {
        ...(cluster?.spec as object),
        environment: 'stage',
        repository: { url: 'https://x/y.git', branch: 'main', path: 's' },
      },
      origin: { source: 'apply' },
    })
    expect((await world.read({ ...world.snapshot(files), commit })).check).toBe(commit)
    await checkPush(world.ports, { source, commit })
    expect(world.runs).toHaveLength(1)
    expect(world.runs[0]).toMatchObject({ conclusion: 'success', title: '1 created' })
  })

  it('is asked for again until it is written: nothing is noted before', async () => {
    const files = { [file]: yaml('quotes') }
    const { commit } = await world.push(files)
    const down = () => Promise.reject(new RetryLater('GitHub is down'))
    const ports = { ...world.ports, checks: { ...world.ports.checks, check: down } }
    await expect(checkPush(ports, { source, commit })).rejects.toBeInstanceOf(RetryLater)
    expect((await world.read({ ...world.snapshot(files), commit })).check).toBe(commit)
    await checkPush(world.ports, { source, commit })
    expect((await world.read({ ...world.snapshot(files), commit })).check).toBeNull()
    expect(world.runs).toHaveLength(1)
  })

  it('that comes late says nothing of a commit that is no longer the head', async () => {
    const { commit } = await world.push({ [file]: yaml('quotes') })
    await world.push({ [file]: yaml('quotes', ['image: { track: x }']) })
    expect(await checkPush(world.ports, { source, commit })).toMatchObject({ result: 'nothing' })
    expect(world.runs).toEqual([])
  })

  it('is not made for a source without check runs, nor for what could not be read at all', async () => {
    const { read } = await world.push({ a: yaml('claim', [], 'claims') }, 'claims-services')
    expect(read).toMatchObject({ created: 1, check: null })
    const { commit } = await world.push({ [file]: yaml('quotes') })
    const ref = { kind: 'Source', name: source } as const
    const taken = await world.store.leases.acquire(ref, 'reading')
    if (taken.result !== 'acquired') throw new Error('not acquired')
    const problems = [{ file: source, line: 1, column: 1, message: 'the host is gone' }]
    await world.store.reportSource(source, taken.fence, { declared: ['policy-admin/quotes'], problems, braked: [] })
    expect(await checkPush(world.ports, { source, commit })).toMatchObject({ result: 'nothing' })
    expect(world.runs).toEqual([])
  })
})
