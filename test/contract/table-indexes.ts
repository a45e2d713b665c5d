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

  test('what is written again is listed once, and under the kind that it has now', async () => {
    const table = current()
    await table.create('k', { kind: 'Workload', value: 1, attentionAt: 5 })
    for (const value of [2, 3]) await table.update('k', { set: [[['value'], value]] })
    const keysOf = async (kind: string) => (await table.ofKind(kind, { limit: 9 })).items.map(({ key }) => key)
    expect(await keysOf('Workload')).toEqual(['k'])
    expect((await table.dueKeys(9, { limit: 9 })).keys).toEqual([{ key: 'k', attentionAt: 5 }])
    await table.update('k', { set: [[['kind'], 'System']] })
    expect([await keysOf('Workload'), await keysOf('System')]).toEqual([[], ['k']])
  })

  test('what is due is found from a time on, page by page, both ends included', async () => {
    const table = current()
    await Promise.all([10, 20, 30, 40, 50].map((attentionAt) => table.create(`k${attentionAt}`, { attentionAt })))
    const pages = await pagesOf((page) => table.due(40, { limit: 2, from: 20, ...page }))
    expect(pages.flatMap(({ items }) => items.map((item) => item.key))).toEqual(['k20', 'k30', 'k40'])
  })

  test('the keys of what is due come without the items, as the index has them', async () => {
    const table = current()
    await Promise.all([30, 10, 20, 40].map((attentionAt) => table.create(`k${attentionAt}`, { attentionAt })))
    await table.create('settled', { other: 1 })
    const first = await table.dueKeys(30, { limit: 2 })
    expect(first.keys).toEqual([
      { key: 'k10', attentionAt: 10 },
      { key: 'k20', attentionAt: 20 },
    ])
    const rest = await table.dueKeys(30, { limit: 2, cursor: first.cursor ?? '' })
    expect(rest.keys).toEqual([{ key: 'k30', attentionAt: 30 }])
    const later = await table.dueKeys(30, { limit: 9, from: 20 })
    expect(later.keys.map(({ key }) => key)).toEqual(['k20', 'k30'])
    await expect(table.dueKeys(9, { limit: 9, cursor: '~' })).rejects.toBeInstanceOf(Terminal)
  })

  test('a kind is listed by what its keys begin with, page by page, and nothing beside it', async () => {
    const table = current()
    const keys = ['w/a', 'w/a/1', 'w/a/2', 'w/a/3', 'w/a-b/1', 'w/b/1']
    await Promise.all(keys.map((key) => table.create(key, { kind: 'Workload' })))
    await table.create('w/a/system', { kind: 'System' })
    const under = async (prefix: string) => {
      const pages = await pagesOf((page) => table.ofKind('Workload', { limit: 2, prefix, ...page }))
      return pages.flatMap(({ items }) => items.map((item) => item.key))
    }
    expect(await under('w/a/')).toEqual(['w/a/1', 'w/a/2', 'w/a/3'])
    expect(await under('w/a')).toEqual(['w/a', 'w/a-b/1', 'w/a/1', 'w/a/2', 'w/a/3'])
    expect(await under('w/c')).toEqual([])
    expect(await under('')).toEqual(keys.toSorted())
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
