import { expect, test } from 'vitest'
import type { Status } from '../../domain/records.ts'
import { declared, held, quotes, repository, type StoreFixture } from './store-fixture.ts'

const minute = 60_000
const failed: Status = {
  phase: 'Failed',
  observedGeneration: 0,
  conditions: [],
  placements: {},
  outputs: {},
  error: { type: 'RetryLater', message: 'throttled', at: '2027-01-15T08:00:00.000Z' },
}
const { error: _, ...healthy } = failed
const ready: Status = { ...healthy, phase: 'Ready', observedGeneration: 1 }
const audit = { who: 'ada', what: 'retire' }

/** Since when Fairway owes something to a resource. */
export function settlingRules(current: () => StoreFixture): void {
  const since = async () => (await current().store.get(quotes))?.unsettledSince

  test('something is owed from the declaration until it is ready', async () => {
    const { store, clock } = current()
    const began = clock.time
    const fence = await held(current(), quotes)
    expect(await since()).toBe(began)
    await store.report(quotes, fence, ready, {})
    expect(await since()).toBeUndefined()
    clock.time += minute
    await store.declare(declared(quotes, { version: 2 }))
    expect(await since()).toBe(clock.time)
  })

  test('failing again, failing otherwise and another spec do not make it look younger', async () => {
    const { store, clock } = current()
    const began = clock.time
    const fence = await held(current(), quotes)
    for (const message of ['throttled', 'an outage', 'throttled']) {
      clock.time += minute
      await store.report(quotes, fence, { ...failed, error: { type: 'Terminal', message, at: '' } }, {})
      await store.report(quotes, fence, { ...failed, error: { type: 'RetryLater', message, at: '' } }, {})
    }
    await store.declare(declared(quotes, { version: 2 }))
    expect(await since()).toBe(began)
  })

  test.each(['AwaitingImage', 'AwaitingSecret'] as const)('in %s it is people who owe something', async (phase) => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, { ...healthy, phase }, {})
    expect(await since()).toBeUndefined()
    clock.time += minute
    await store.report(quotes, fence, failed, {})
    expect(await since()).toBe(clock.time)
  })

  test('a retirement is owed until all that is left is the word that the objects are gone', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    await store.retire(quotes, audit)
    expect(await since()).toBe(clock.time)
    const awaited = { capability: 'retire', cluster: 'dev', status: 'False', reason: 'AwaitingRemoval' } as const
    const waiting: Status = { ...healthy, phase: 'Retiring', conditions: [{ ...awaited, message: 'waits', since: '' }] }
    await store.report(quotes, fence, waiting, {})
    expect(await since()).toBeUndefined()
    clock.time += minute
    const denied = { capability: 'iam', status: 'False', reason: 'Terminal', message: 'denied', since: '' } as const
    await store.report(quotes, fence, { ...waiting, conditions: [...waiting.conditions, denied] }, {})
    expect(await since()).toBe(clock.time)
    await store.bury(quotes, fence)
    expect(await since()).toBeUndefined()
  })

  test('who returns is owed from its return on', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.retire(quotes, audit)
    await store.bury(quotes, fence)
    clock.time += minute
    await store.declare(declared(quotes))
    expect(await since()).toBe(clock.time)
  })

  test('of a source nothing is owed: it is only read', async () => {
    const { store } = current()
    await store.declare(declared(repository))
    await store.declare(declared(repository, { version: 2 }))
    expect(await store.get(repository)).not.toHaveProperty('unsettledSince')
  })

  test('it is written with what it is about, and costs no write of its own', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    written()
    await store.report(quotes, fence, ready, {})
    expect(written()).toEqual(['Workload/policy-admin/quotes'])
    expect(await store.report(quotes, fence, ready, {})).toBe('unchanged')
    expect(written()).toEqual([])
  })
}
