import { describe, expect, it } from 'vitest'
import { checkWorld, source, workloadYaml as yaml, type CheckWorld } from './fixture.ts'
import { checkPullRequest } from './pull.ts'
import { checkPush } from './push.ts'

/** What a check says of what is paused: it is admitted, and waits. */

const file = '.fairway/quotes.yaml'
const sentence =
  'When this was written `` System policy-admin says `reconcile: paused` ``. What is admitted meanwhile is carried out when that is over.'

async function paused(): Promise<CheckWorld> {
  const world = await checkWorld()
  const ref = { kind: 'System', name: 'policy-admin' } as const
  const spec = { ...((await world.store.get(ref))?.spec as object), reconcile: 'paused' }
  await world.store.declare({ ref, spec, origin: { source: 'apply' } })
  return world
}

describe('a System that is paused', () => {
  it('is said beside a pull request that would change something of it, and beside no other', async () => {
    const world = await paused()
    await world.push({ [file]: yaml('quotes') })
    const commit = world.open(1, { [file]: yaml('quotes', ['image: { track: x }']) })
    await checkPullRequest(world.ports, { source, number: 1 })
    const same = world.open(2, { [file]: yaml('quotes') })
    await checkPullRequest(world.ports, { source, number: 2 })
    const summaryOf = (id: string) => world.runs.find((run) => run.commit === id)?.summary
    expect(summaryOf(commit)).toContain(sentence)
    expect(summaryOf(same)).not.toContain('carried out when')
  })

  it('is said beside a pushed commit, which is admitted', async () => {
    const world = await paused()
    const { commit, read } = await world.push({ [file]: yaml('quotes') })
    expect(read).toMatchObject({ result: 'admitted', created: 1 })
    await checkPush(world.ports, { source, commit })
    expect(world.runs.at(-1)).toMatchObject({ conclusion: 'success', title: '1 created' })
    expect(world.runs.at(-1)?.summary).toContain(sentence)
  })
})

it('a removal that waits because many leave elsewhere is said with the reason', async () => {
  const world = await checkWorld()
  await world.push({ [file]: yaml('quotes'), b: yaml('two') })
  for (const name of ['a', 'b', 'c']) {
    const ref = { kind: 'Workload', name: `claims/${name}` } as const
    await world.store.declare({ ref, spec: {}, origin: { source: 'elsewhere' } })
    await world.store.retire(ref, { who: 'elsewhere', what: 'retire' })
  }
  world.open(1, { [file]: yaml('quotes') })
  await checkPullRequest(world.ports, { source, number: 1 })
  expect(world.runs.at(-1)?.summary).toContain(
    'The brake holds this removal: `4 workloads would leave at the same time: more than 10 % of all`',
  )
  const { commit, read } = await world.push({ [file]: yaml('quotes') })
  expect(read).toMatchObject({ removed: 0, braked: 1 })
  await checkPush(world.ports, { source, commit })
  expect(world.runs.at(-1)?.summary).toContain('`fairway go policy-admin-services`')
})
