import { expect, test } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { Change } from '../../domain/handover.ts'
import { createChanges } from '../../store/changes.ts'
import type { StoreFixture } from './store-fixture.ts'

const target = { url: 'https://git.example/acme/dev.git', branch: 'main' }

export function changeRules(current: () => Pick<StoreFixture, 'table' | 'written'>): void {
  const changes = () => createChanges(current().table)

  test('a change comes back as it was added, by its id and among those that wait', async () => {
    const change = changeOf('e1', { body: 'why', answer: { repository: 'r', placements: [{ cluster: 'dev' }] } })
    await changes().add(change)
    expect(await changes().get(['e1'])).toEqual([change])
    expect(await changes().waiting(target, 10)).toEqual([change])
  })

  test('adding is one write', async () => {
    await changes().add(changeOf('e1'))
    expect(current().written()).toHaveLength(1)
  })

  test('the oldest wait first, whatever their ids, and no more than asked for', async () => {
    for (const [id, at] of [
      ['b', 30],
      ['c', 10],
      ['a', 20],
      ['d', 20],
    ] as const) {
      // prettier-ignore
      await changes().add(changeOf(id, { at }))
    }
    const ids = async (limit: number) => (await changes().waiting(target, limit)).map(({ id }) => id)
    expect(await ids(10)).toEqual(['c', 'a', 'd', 'b'])
    expect(await ids(2)).toEqual(['c', 'a'])
    expect((await changes().get(['b', 'a', 'nobody'])).map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('more than one page waits, and none is missed', async () => {
    const many = Array.from({ length: 230 }, (_, index) => changeOf(`e${index}`, { at: 1000 - index }))
    await Promise.all(many.map((change) => changes().add(change)))
    expect((await changes().waiting(target, 500)).map(({ id }) => id)).toEqual(many.map(({ id }) => id).toReversed())
    expect((await changes().waiting(target, 3)).map(({ id }) => id)).toEqual(['e229', 'e228', 'e227'])
  })

  test('each branch of each repository has its own', async () => {
    const other = { ...target, branch: 'next' }
    const elsewhere = { ...target, url: 'https://git.example/acme/prod.git' }
    await changes().add(changeOf('e1'))
    await changes().add(changeOf('e2', { target: other }))
    await changes().add(changeOf('e3', { target: elsewhere }))
    const ids = await Promise.all([target, other, elsewhere].map((each) => changes().waiting(each, 10)))
    expect(ids.map((found) => found.map(({ id }) => id))).toEqual([['e1'], ['e2'], ['e3']])
  })

  test('an execution that asks again replaces what it asked before, all of it', async () => {
    await changes().add(changeOf('e1', { token: 'first', body: 'why', at: 1 }))
    const again = changeOf('e1', { token: 'second', content: 'other', at: 2 })
    await changes().add(again)
    expect(await changes().get(['e1'])).toEqual([again])
    expect(await changes().waiting(target, 10)).toEqual([again])
  })

  test('what is answered waits no more, and answering it again is no harm', async () => {
    await changes().add(changeOf('e1'))
    for (const _ of [1, 2]) await changes().done({ id: 'e1', token: 'token e1' })
    expect(await changes().get(['e1'])).toEqual([])
    expect(await changes().waiting(target, 10)).toEqual([])
  })

  test('an answer to what was replaced since takes nothing away', async () => {
    await changes().add(changeOf('e1', { token: 'first' }))
    await changes().add(changeOf('e1', { token: 'second' }))
    await changes().done({ id: 'e1', token: 'first' })
    expect(await changes().get(['e1'])).toMatchObject([{ token: 'second' }])
  })

  test('an answer that a state machine could not take is refused, and nothing is written', async () => {
    const answer = { placements: 'x'.repeat(100_000) }
    await expect(changes().add(changeOf('e1', { answer }))).rejects.toBeInstanceOf(Terminal)
    expect(current().written()).toEqual([])
    await changes().add(changeOf('e1', { answer: { placements: 'x'.repeat(99_000) } }))
    expect(await changes().get(['e1'])).toHaveLength(1)
  })
}

function changeOf(id: string, options: Partial<Change> = {}): Change {
  return {
    id,
    target,
    ref: { kind: 'Workload', name: 'policy-admin/quotes' },
    fence: 3,
    content: 'c'.repeat(64),
    files: 4,
    bytes: 2000,
    subject: 'policy-admin/quotes: update in dev',
    trailers: [
      ['Fairway-Resource', 'policy-admin/quotes'],
      ['Fairway-Execution', id],
    ],
    token: `token ${id}`,
    answer: { ok: true },
    at: 1_700_000_000_000,
    ...options,
  }
}
