import { expect, test } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { Page, Table } from '../../domain/table.ts'

export function indexRules(current: () => Table): void {
  test('what is due comes earliest first, page by page, and nothing else', async () => {
    const table = current()
    const times = [70, 10, 50, 30, 20, 60, 40]
    await Promise.all(times.map((attentionAt) => table.create(`k${attentionAt}`, { attentionAt })))
    await table.create('settled', { other: 1 })
    const pages = await pagesOf((page) => table.due(50, { limit: 2, ...page }))
    expect(pages.flatMap(({ items }) => items.map((item) => item.key))).toEqual(['k10', 'k20', 'k30', 'k40', 'k50'])
    expect(Math.max(...pages.map(({ items }) => items.length))).toBe(2)
    expect(pages[0]?.items[0]).toEqual({ key: 'k10', revision: 1, attentionAt: 10 })
  })

  test('the date comes, moves and goes with attentionAt', async () => {
    const table = current()
    const due = async (until: number) => (await table.due(until, { limit: 10 })).items.map((item) => item.key)
    await table.create('k', { kind: 'Workload' })
    expect(await due(100)).toEqual([])
    await table.update('k', { set: [[['attentionAt'], 50]] })
    expect([await due(49), await due(50)]).toEqual([[], ['k']])
    await table.update('k', { set: [[['attentionAt'], 90]] })
    expect([await due(50), await due(90)]).toEqual([[], ['k']])
    await table.update('k', { remove: [['attentionAt']] })
    expect(await due(100)).toEqual([])
  })

  test('items with the same date are all found', async () => {
    const table = current()
    const keys = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(keys.map((key) => table.create(key, { attentionAt: 7 })))
    const pages = await pagesOf((page) => table.due(7, { limit: 2, ...page }))
    expect(pages.flatMap(({ items }) => items.map((item) => item.key)).toSorted()).toEqual(keys)
  })

  test('a kind is listed in order of key, page by page, whole items', async () => {
    const table = current()
    const keys = ['w/b', 'w/a', 'w/é', 'w/C', 'w/c']
    await Promise.all(keys.map((key) => table.create(key, { kind: 'Workload', value: key })))
    await table.create('s/a', { kind: 'System' })
    await table.create('plain', {})
    const pages = await pagesOf((page) => table.ofKind('Workload', { limit: 2, ...page }))
    const items = pages.flatMap((page) => page.items)
    expect(items.map((item) => item.key)).toEqual(['w/C', 'w/a', 'w/b', 'w/c', 'w/é'])
    expect(items.map((item) => item['value'])).toEqual(items.map((item) => item.key))
  })

  test('a removed item is in no index', async () => {
    const table = current()
    await table.create('k', { kind: 'Workload', attentionAt: 1 })
    await table.remove('k')
    expect((await table.due(9, { limit: 9 })).items).toEqual([])
    expect((await table.ofKind('Workload', { limit: 9 })).items).toEqual([])
  })

  test('a cursor that is none of this table is Terminal', async () => {
    await expect(current().due(9, { limit: 9, cursor: '~' })).rejects.toBeInstanceOf(Terminal)
    await expect(current().ofKind('Workload', { limit: 9, cursor: '~' })).rejects.toBeInstanceOf(Terminal)
  })
}

async function pagesOf(read: (page: { cursor?: string }) => Promise<Page>): Promise<Page[]> {
  const pages = [await read({})]
  for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor)
    pages.push(await read({ cursor }))
  return pages
}
