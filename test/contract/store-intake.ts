import { expect, test } from 'vitest'
import { type StoreFixture, longestFunction } from './store-fixture.ts'

export function intakeRules(current: () => StoreFixture): void {
  test('a delivery is taken once, while it is under way and after it was confirmed', async () => {
    const { deliveries } = current().store
    expect(await deliveries.begin('d1')).toBe('new')
    expect(await deliveries.begin('d1')).toBe('seen')
    await deliveries.confirm('d1')
    expect(await deliveries.begin('d1')).toBe('seen')
    expect(await deliveries.begin('d2')).toBe('new')
  })

  test('of many who bring the same delivery at once, one takes it', async () => {
    const { deliveries } = current().store
    const results = await Promise.all(Array.from({ length: 30 }, async () => deliveries.begin('d1')))
    expect(results.filter((result) => result === 'new')).toHaveLength(1)
  })

  test('what could not be published may be delivered again at once', async () => {
    const { deliveries } = current().store
    await deliveries.begin('d1')
    await deliveries.abandon('d1')
    await deliveries.abandon('d1')
    expect(await deliveries.begin('d1')).toBe('new')
  })

  test('giving up does not take back what was confirmed', async () => {
    const { deliveries } = current().store
    await deliveries.begin('d1')
    await deliveries.confirm('d1')
    await deliveries.abandon('d1')
    expect(await deliveries.begin('d1')).toBe('seen')
  })

  test('a delivery whose function died may be taken after the longest time that one runs, by one', async () => {
    const { store, clock } = current()
    await store.deliveries.begin('d1')
    clock.time += longestFunction
    expect(await store.deliveries.begin('d1')).toBe('seen')
    clock.time += 1
    const results = await Promise.all(Array.from({ length: 20 }, async () => store.deliveries.begin('d1')))
    expect(results.filter((result) => result === 'new')).toHaveLength(1)
    clock.time += 10 * longestFunction
    await store.deliveries.confirm('d1')
    expect(await store.deliveries.begin('d1')).toBe('seen')
  })

  test('requests wait in the order in which they came, per source', async () => {
    const { store, clock } = current()
    expect(await store.requests.pending('port')).toEqual([])
    for (const run of ['r2', 'r1', 'r3']) {
      expect(await store.requests.add('port', run)).toBe('new')
      clock.time += 1
    }
    await store.requests.add('other', 'r9')
    expect(await store.requests.pending('port')).toEqual(['r2', 'r1', 'r3'])
    expect(await store.requests.add('port', 'r1')).toBe('seen')
  })

  test('a run is used once: after it was closed it is seen, and does not wait again', async () => {
    const { requests } = current().store
    await requests.add('port', 'r1')
    await requests.close('port', 'r1')
    await requests.close('port', 'r1')
    expect(await requests.pending('port')).toEqual([])
    expect(await requests.add('port', 'r1')).toBe('seen')
    expect(await requests.pending('port')).toEqual([])
  })

  test('a run that was closed without having waited is used up as well', async () => {
    const { requests } = current().store
    await requests.close('port', 'r1')
    expect(await requests.add('port', 'r1')).toBe('seen')
    expect(await requests.pending('port')).toEqual([])
  })

  test('runs that come at once are all there, each new to one', async () => {
    const { requests } = current().store
    const runs = Array.from({ length: 20 }, (_, index) => `r${index}`)
    const results = await Promise.all([...runs, ...runs].map(async (run) => requests.add('port', run)))
    expect(results.filter((result) => result === 'new')).toHaveLength(20)
    expect((await requests.pending('port')).toSorted()).toEqual(runs.toSorted())
  })

  test('closing and adding at once leaves nothing waiting', async () => {
    const { requests } = current().store
    const runs = Array.from({ length: 20 }, (_, index) => `r${index}`)
    for (const run of runs) await requests.add('port', run)
    await Promise.all(runs.flatMap((run) => [requests.close('port', run), requests.add('port', run)]))
    expect(await requests.pending('port')).toEqual([])
  })
}
