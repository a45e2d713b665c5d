import { expect, test } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import type { Status } from '../../domain/records.ts'
import { type StoreFixture, held, quotes } from './store-fixture.ts'

const ready: Status = { phase: 'Ready', observedGeneration: 1, conditions: [], placements: {}, outputs: {} }

export function removalRules(current: () => StoreFixture): void {
  test('a removal is recorded with its commit, confirmed by somebody, and then gone with its placement', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    const dev = { commit: 'c1', repository: 'r', deployed: true }
    await store.report(quotes, fence, { ...ready, placements: { dev, prod: dev } }, {})
    await store.removing(quotes, fence, 'dev', 'c2')
    const since = new Date(clock.time).toISOString()
    expect((await store.get(quotes))?.removals).toEqual({ dev: { commit: 'c2', since } })
    expect(await store.confirmRemoval(quotes, 'dev', 'argocd')).toBe(true)
    expect((await store.get(quotes))?.removals).toEqual({ dev: { commit: 'c2', since, confirmed: 'argocd' } })
    expect(await store.leases.release(quotes, fence)).toBe('again')
    await store.removed(quotes, fence, 'dev')
    const left = await store.get(quotes)
    expect([left?.removals, left?.status.placements]).toEqual([{}, { prod: dev }])
  })

  test('recording a removal twice keeps its confirmation; another commit needs a new one', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.removing(quotes, fence, 'dev', 'c2')
    await store.confirmRemoval(quotes, 'dev', 'argocd')
    await store.removing(quotes, fence, 'dev', 'c2')
    expect((await store.get(quotes))?.removals?.['dev']?.confirmed).toBe('argocd')
    await store.removing(quotes, fence, 'dev', 'c3')
    expect((await store.get(quotes))?.removals?.['dev']).not.toHaveProperty('confirmed')
  })

  test('a confirmation that is faster than the answer to the push is kept', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    await store.removing(quotes, fence, 'dev')
    written()
    await store.removing(quotes, fence, 'dev')
    expect(written()).toEqual([])
    expect(await store.confirmRemoval(quotes, 'dev', 'argocd')).toBe(true)
    await store.removing(quotes, fence, 'dev', 'c2')
    expect((await store.get(quotes))?.removals?.['dev']).toMatchObject({ commit: 'c2', confirmed: 'argocd' })
  })

  test('a removal that is cancelled takes its confirmation with it, and leaves the placement', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    const dev = { commit: 'c1', repository: 'r', deployed: true }
    await store.report(quotes, fence, { ...ready, placements: { dev } }, {})
    await store.removing(quotes, fence, 'dev', 'c2')
    await store.confirmRemoval(quotes, 'dev', 'argocd')
    await expect(store.cancelRemoval(quotes, fence - 1, 'dev')).rejects.toThrow(Conflict)
    await store.cancelRemoval(quotes, fence, 'dev')
    await store.cancelRemoval(quotes, fence, 'dev')
    const left = await store.get(quotes)
    expect([left?.removals, left?.status.placements]).toEqual([{}, { dev }])
    expect(await store.confirmRemoval(quotes, 'dev', 'argocd')).toBe(false)
  })

  test('confirming again keeps the first who did, and what nothing waits for is not confirmed', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    expect(await store.confirmRemoval(quotes, 'dev', 'argocd')).toBe(false)
    expect(await store.confirmRemoval({ kind: 'Workload', name: 'policy-admin/nobody' }, 'dev', 'x')).toBe(false)
    await store.removing(quotes, fence, 'dev', 'c2')
    await store.confirmRemoval(quotes, 'dev', 'argocd')
    written()
    expect(await store.confirmRemoval(quotes, 'dev', 'ada')).toBe(true)
    expect(written()).toEqual([])
    expect((await store.get(quotes))?.removals?.['dev']?.confirmed).toBe('argocd')
  })
}
