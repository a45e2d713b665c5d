import { expect, it } from 'vitest'
import type { GitWorld } from './gitworlds.ts'

export function sourceHeadsContract(current: () => GitWorld): void {
  it('each head is the one that a reading finds, and what cannot be told holds up none of the others', async () => {
    const world = current()
    const names = ['one', 'two', 'empty']
    const urls = new Map(await Promise.all(names.map(async (name) => [name, await world.create(name)] as const)))
    const url = (name: string) => urls.get(name) ?? ''
    const one = await world.write(url('one'), { 'fairway.yaml': '1' })
    await world.write(url('one'), { 'fairway.yaml': '2' }, 'next')
    const two = await world.write(url('two'), { 'fairway.yaml': '1' })
    const missing = url('one').replace('one.git', 'missing.git')
    const asked = [...names.map((name) => [name, url(name)] as const), ['missing', missing] as const]
    const found = await world.heads().heads(asked.map(([name, at]) => ({ name, location: { url: at } })))
    expect(Object.fromEntries(found)).toEqual({
      one: { head: one },
      two: { head: two },
      empty: {},
      missing: { failure: expect.objectContaining({ type: 'Terminal' }) },
    })
    expect(await world.reader().read({ url: url('one') })).toMatchObject({ commit: one })
  })

  it('an outage is a failure of those that were asked for in it', async () => {
    const world = current()
    const url = await world.create('one')
    const head = await world.write(url, { 'fairway.yaml': '1' })
    const heads = world.heads()
    world.outages = 1
    const first = await heads.heads([{ name: 'one', location: { url } }])
    expect(first.get('one')).toEqual({ failure: expect.objectContaining({ type: 'RetryLater' }) })
    expect(await heads.heads([{ name: 'one', location: { url } }])).toEqual(new Map([['one', { head }]]))
  })

  it('nothing is asked for nobody', async () => {
    expect(await current().heads().heads([])).toEqual(new Map())
  })
}
