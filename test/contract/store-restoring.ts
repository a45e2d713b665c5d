import { expect, test } from 'vitest'
import type { Status } from '../../domain/records.ts'
import { declared, held, quotes, system, type StoreFixture } from './store-fixture.ts'

const status: Status = { phase: 'Ready', observedGeneration: 1, conditions: [], placements: {}, outputs: {} }
const error = { type: 'Terminal', message: 'refused', at: '2027-01-15T08:00:00.000Z' } as const
const heldBack = { capability: 'commit', status: 'False', reason: 'Held', message: '', since: '' } as const
const audit = { who: 'ada', what: 'restore' }

/** After the table was lost. */
export function restoringRules(current: () => StoreFixture): void {
  test.each([quotes, system])('%s is marked and looked at, with who asked, and in that incarnation', async (ref) => {
    const { store, clock } = current()
    const fence = await held(current(), ref)
    await store.report(ref, fence, status, {})
    await store.leases.release(ref, fence)
    await store.restore(ref, 3, audit)
    expect(await store.get(ref)).toMatchObject({ restoring: true, incarnation: 3, audit: [audit] })
    expect((await store.due(clock.time + 60_000, 10)).map(({ name }) => name)).toContain(ref.name)
  })

  test('an incarnation that is later already stays', async () => {
    const { store } = current()
    await store.declare(declared(quotes))
    await store.restore(quotes, 5, audit)
    await store.restore(quotes, 3, audit)
    expect(await store.get(quotes)).toMatchObject({ incarnation: 5 })
  })

  test('the mark goes with the first report in which nothing failed and nothing is held back', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.restore(quotes, 1, audit)
    await store.report(quotes, fence, { ...status, phase: 'Failed', error }, {})
    await store.report(quotes, fence, { ...status, phase: 'AwaitingSecret', conditions: [heldBack] }, {})
    expect(await store.get(quotes)).toMatchObject({ restoring: true })
    await store.report(quotes, fence, { ...status, phase: 'AwaitingSecret' }, {})
    expect(await store.get(quotes)).not.toHaveProperty('restoring')
  })

  test('workloads that are declared for the first time begin where it is said, and never below', async () => {
    const { store } = current()
    await store.declare(declared(quotes))
    await store.beginAt(1_000)
    await store.beginAt(900)
    const later = { kind: 'Workload', name: 'policy-admin/later' } as const
    await store.declare(declared(later))
    await store.declare(declared(system))
    expect(await store.get(later)).toMatchObject({ incarnation: 1_000 })
    expect(await store.get(system)).toMatchObject({ incarnation: 1 })
    expect(await store.get(quotes)).toMatchObject({ incarnation: 1 })
  })

  test('what is not there cannot be restored', async () => {
    await expect(current().store.restore(quotes, 1, audit)).rejects.toMatchObject({ name: 'Terminal' })
  })
}
