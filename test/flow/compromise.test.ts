import { expect, it } from 'vitest'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld } from '../support/memoryworld.ts'

/** What is asked when something leaked, carried out over the deployed handlers and state machines. */

const names = ['claims/one', 'claims/two']

async function withTwo() {
  const world = await memoryWorld()
  const files = ['one', 'two'].map((name) => [
    `.fairway/${name}.yaml`,
    manifest(name, ['nats: { publish: [claims.x] }']),
  ])
  await world.push('claims-services', Object.fromEntries(files) as Record<string, string>)
  for (const name of names) await world.image(name)
  await world.settle()
  const credential = async (name: string) => (await world.workload(name)).credentials['dev/nats']
  return { world, credential }
}

it('an account that leaked gets other keys for every role, and nothing of before is left that works', async () => {
  const { world, credential } = await withTwo()
  const before = await Promise.all(names.map(credential))
  const answer = await world.operate({ operation: 'rotate', account: 'claims/dev', now: true })
  expect(answer).toMatchObject({ result: 'done', started: [{ name: 'claims/one' }, { name: 'claims/two' }] })
  await world.settle()
  const issuers = new Set<string | undefined>()
  for (const [index, name] of names.entries()) {
    const after = await credential(name)
    expect(after).toMatchObject({ generation: 2, state: 'current', reason: expect.stringMatching(/requested|issuer/) })
    expect(after?.previous).toBeUndefined()
    expect(after?.issuer).not.toBe(before[index]?.issuer)
    issuers.add(after?.issuer)
    const back = { operation: 'rotate', workload: name, to: 1 } as const
    expect(await world.operate(back).catch((error: Error) => error)).toMatchObject({
      message: expect.stringContaining('it has ended'),
    })
  }
  expect(issuers.size).toBe(2)
})

it('one role’s key is replaced with overlap, and the role beside it is left alone', async () => {
  const { world, credential } = await withTwo()
  const [one, two] = await Promise.all(names.map(credential))
  await world.operate({ operation: 'rotate', workload: 'claims/one', key: true })
  const after = await credential('claims/one')
  expect(after).toMatchObject({ generation: 2, previous: [{ generation: 1, issuer: one?.issuer }] })
  expect(after?.issuer).not.toBe(one?.issuer)
  expect(await credential('claims/two')).toEqual(two)
  expect(await world.operate({ operation: 'rotate', workload: 'claims/one', to: 1 })).toMatchObject({ result: 'done' })
  expect(await credential('claims/one')).toMatchObject({ generation: 1, highest: 2, previous: [{ generation: 2 }] })
})
