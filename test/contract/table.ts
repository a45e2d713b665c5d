import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Conflict, Terminal } from '../../domain/errors.ts'
import type { Condition, Item, Json, Page, Table } from '../../domain/table.ts'

export interface Opened {
  readonly table: Table
  readonly close: () => Promise<void>
}

/** What every implementation of the `Table` port promises. */
export function tableContract(implementation: string, open: () => Promise<Opened>): void {
  describe(`the table contract, ${implementation}`, () => {
    let opened: Opened
    let table: Table
    beforeEach(async () => {
      opened = await open()
      table = opened.table
    })
    afterEach(async () => opened.close())

    describe('items', () => {
      itemRules(() => table)
    })
    describe('conditions', () => {
      conditionRules(() => table)
    })
    describe('updates', () => {
      updateRules(() => table)
    })
    describe('indexes', () => {
      indexRules(() => table)
    })
  })
}

function itemRules(current: () => Table): void {
  test('what was created is read back, with revision 1 and nothing besides', async () => {
    const table = current()
    const attributes = {
      kind: 'Workload',
      attentionAt: 5,
      deep: { 'a/b.c': [1, 'x', null, true, { y: 0.5 }] },
      text: '',
    }
    const expected = { key: 'k', revision: 1, ...attributes }
    expect(await table.create('k', attributes)).toEqual(expected)
    expect(await table.get('k')).toEqual(expected)
  })

  test('members that are undefined are not stored', async () => {
    const table = current()
    await table.create('k', { here: 1, gone: undefined, inner: { gone: undefined, here: [{ gone: undefined }] } })
    expect(await table.get('k')).toStrictEqual({ key: 'k', revision: 1, here: 1, inner: { here: [{}] } })
  })

  test('a missing item is undefined', async () => {
    expect(await current().get('nobody')).toBeUndefined()
  })

  test('creating what exists is a Conflict and changes nothing', async () => {
    const table = current()
    await table.create('k', { value: 1 })
    await expect(table.create('k', { value: 2 })).rejects.toBeInstanceOf(Conflict)
    expect(await table.get('k')).toMatchObject({ value: 1, revision: 1 })
  })

  test('of many who create one key, exactly one does', async () => {
    const table = current()
    const racers = Array.from({ length: 50 }, (_, racer) => table.create('k', { racer }))
    const results = await Promise.allSettled(racers)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(lost.every((reason) => reason instanceof Conflict)).toBe(true)
  })

  test('what the caller does to data afterwards does not reach the table', async () => {
    const table = current()
    const inner: Record<string, Json> = { value: 1 }
    const created = await table.create('k', { inner })
    inner['value'] = 2
    ;(created['inner'] as Record<string, Json>)['value'] = 3
    const updated = await table.update('k', { set: [[['other'], inner]] })
    inner['value'] = 4
    ;(updated['inner'] as Record<string, Json>)['value'] = 5
    expect(await table.get('k')).toMatchObject({ inner: { value: 1 }, other: { value: 2 } })
  })

  test('many keys are read at once, twice named ones once, missing ones left out', async () => {
    const table = current()
    const keys = Array.from({ length: 230 }, (_, index) => `k${index}`)
    await Promise.all(keys.map((key) => table.create(key, { key2: key })))
    const found = await table.getMany([...keys, 'nobody', 'k0'])
    expect(found.map((item) => item.key).toSorted()).toEqual(keys.toSorted())
    expect(await table.getMany([])).toEqual([])
  })

  test('more than one answer’s worth of large items is read completely', async () => {
    const table = current()
    const keys = Array.from({ length: 12 }, (_, index) => `large${index}`)
    await Promise.all(keys.map((key) => table.create(key, { text: 'x'.repeat(300_000) })))
    expect((await table.getMany(keys)).map((item) => item.key).toSorted()).toEqual(keys.toSorted())
  })

  test('removing takes the condition into account, and what is absent may be removed', async () => {
    const table = current()
    await table.create('k', { state: 'begun' })
    const begun: Condition = { op: 'equals', path: ['state'], value: 'begun' }
    const ended: Condition = { op: 'equals', path: ['state'], value: 'ended' }
    await expect(table.remove('k', ended)).rejects.toBeInstanceOf(Conflict)
    expect(await table.get('k')).toBeDefined()
    await table.remove('k', begun)
    expect(await table.get('k')).toBeUndefined()
    await table.remove('k')
    await expect(table.remove('k', begun)).rejects.toBeInstanceOf(Conflict)
  })

  test.each<[string, Record<string, Json>]>([
    ['too large an item', { text: 'x'.repeat(360_000) }],
    ['a number that would lose digits', { value: 2 ** 60 }],
    ['a number that is none', { value: NaN }],
    ['data that is nested too deeply', { value: nested(40) }],
    ['an attribute that the table keeps', { revision: 7 }],
    ['an attribute behind the sparse index', { attention: 'x' }],
    ['a date that is no number', { attentionAt: 'soon' }],
    ['a kind that is no text', { kind: 7 }],
  ])('%s is Terminal, and nothing is written', async (_what, attributes) => {
    const table = current()
    await expect(table.create('k', attributes)).rejects.toBeInstanceOf(Terminal)
    expect(await table.get('k')).toBeUndefined()
    await table.create('k', {})
    const set = Object.entries(attributes).map(([name, value]) => [[name], value] as const)
    await expect(table.update('k', { set })).rejects.toBeInstanceOf(Terminal)
    expect(await table.get('k')).toEqual({ key: 'k', revision: 1 })
  })

  test('an empty and an endless key are Terminal', async () => {
    const table = current()
    for (const key of ['', 'k'.repeat(2049)]) {
      await expect(table.get(key)).rejects.toBeInstanceOf(Terminal)
      await expect(table.create(key, {})).rejects.toBeInstanceOf(Terminal)
      await expect(table.getMany([key])).rejects.toBeInstanceOf(Terminal)
    }
  })
}

function conditionRules(current: () => Table): void {
  const stored = { state: 'begun', count: 5, flag: false, map: { 'a/b': { id: 'x' } }, list: [1], nothing: null }
  const holding: Condition[] = [
    { op: 'exists', path: ['state'] },
    { op: 'exists', path: ['nothing'] },
    { op: 'exists', path: ['map', 'a/b', 'id'] },
    { op: 'absent', path: ['other'] },
    { op: 'absent', path: ['map', 'c', 'id'] },
    { op: 'absent', path: ['state', 'inside a text'] },
    { op: 'equals', path: ['flag'], value: false },
    { op: 'equals', path: ['map', 'a/b', 'id'], value: 'x' },
    { op: 'below', path: ['count'], value: 6 },
    { op: 'equals', path: ['revision'], value: 1 },
  ]
  const broken: Condition[] = [
    { op: 'exists', path: ['other'] },
    { op: 'absent', path: ['flag'] },
    { op: 'equals', path: ['count'], value: '5' },
    { op: 'equals', path: ['list'], value: 1 },
    { op: 'equals', path: ['other'], value: false },
    { op: 'below', path: ['count'], value: 5 },
    { op: 'below', path: ['state'], value: 5 },
    { op: 'below', path: ['other'], value: 5 },
  ]
  const holds = { op: 'exists', path: ['count'] } as const
  const fails = { op: 'absent', path: ['count'] } as const

  test.each(holding)('$op $path holds', async (condition) => {
    await current().create('k', stored)
    expect(await current().update('k', { set: [[['done'], true]] }, condition)).toMatchObject({ done: true })
  })

  test.each(broken)('$op $path does not hold: a Conflict, and nothing is written', async (condition) => {
    await current().create('k', stored)
    await expect(current().update('k', { set: [[['done'], true]] }, condition)).rejects.toBeInstanceOf(Conflict)
    expect(await current().get('k')).toEqual({ key: 'k', revision: 1, ...stored })
  })

  test.each<[Condition, boolean]>([
    [{ op: 'all', of: [holds, holds] }, true],
    [{ op: 'all', of: [holds, fails] }, false],
    [{ op: 'any', of: [fails, holds] }, true],
    [{ op: 'any', of: [fails, fails] }, false],
    [{ op: 'any', of: [fails, { op: 'all', of: [holds, { op: 'any', of: [fails, holds] }] }] }, true],
    [{ op: 'all', of: [holds, { op: 'any', of: [fails, { op: 'all', of: [holds, fails] }] }] }, false],
  ])('all and any nest: %j is %s', async (condition, expected) => {
    await current().create('k', stored)
    const update = current().update('k', { set: [[['done'], true]] }, condition)
    expect(
      await update.then(
        () => true,
        () => false,
      ),
    ).toBe(expected)
  })

  test('a condition of nothing is Terminal', async () => {
    await current().create('k', stored)
    for (const condition of [
      { op: 'all', of: [] },
      { op: 'exists', path: [] },
    ] satisfies Condition[]) {
      await expect(current().update('k', { set: [[['done'], 1]] }, condition)).rejects.toBeInstanceOf(Terminal)
      await expect(current().remove('k', condition)).rejects.toBeInstanceOf(Terminal)
    }
  })

  test('an absent item is created only if the condition holds for the empty item', async () => {
    const table = current()
    const set = [[['state'], 'new'] as const]
    await expect(table.update('k', { set }, { op: 'exists', path: ['state'] })).rejects.toBeInstanceOf(Conflict)
    expect(await table.get('k')).toBeUndefined()
    expect(await table.update('k', { set }, { op: 'absent', path: ['state'] })).toEqual({
      key: 'k',
      revision: 1,
      state: 'new',
    })
  })
}

function updateRules(current: () => Table): void {
  test('sets, removes and adds at once, inside maps too, and answers with the whole item', async () => {
    const table = current()
    await table.create('k', { map: { 'a/b': 1, 'c.d': { e: 2 } }, gone: 1, count: 1 })
    const updated = await table.update('k', {
      set: [
        [['map', 'a/b'], { new: true }],
        [['added'], 'x'],
      ],
      remove: [['gone'], ['map', 'c.d', 'e'], ['never there']],
      add: [
        [['count'], 2],
        [['fresh'], 7],
        [['map', 'inner'], 1],
      ],
    })
    const expected = {
      key: 'k',
      revision: 2,
      map: { 'a/b': { new: true }, 'c.d': {}, inner: 1 },
      added: 'x',
      count: 3,
      fresh: 7,
    }
    expect(updated).toEqual(expected)
    expect(await table.get('k')).toEqual(expected)
  })

  test('every write counts in the revision, and none is lost', async () => {
    const table = current()
    await table.create('k', { count: 0, map: {} })
    const writers = Array.from({ length: 40 }, (_, writer) =>
      table.update('k', { set: [[['map', `m${writer}`], writer]], add: [[['count'], 1]] }),
    )
    const revisions = (await Promise.all(writers)).map((item) => item.revision)
    expect(new Set(revisions).size).toBe(40)
    const item = (await table.get('k')) as Item & { map: object }
    expect(item).toMatchObject({ count: 40, revision: 41 })
    expect(Object.keys(item.map)).toHaveLength(40)
  })

  test.each<[string, Parameters<Table['update']>[1]]>([
    ['into a map that is not there', { set: [[['no', 'map'], 1]] }],
    ['into something that is not a map', { set: [[['text', 'inside'], 1]] }],
    ['removing from a map that is not there', { remove: [['no', 'map']] }],
    ['adding to a text', { add: [[['text'], 1]] }],
    ['of one path twice', { set: [[['a'], 1]], remove: [['a']] }],
    ['of a path inside another', { set: [[['map'], {}]], add: [[['map', 'a'], 1]] }],
    ['of an empty path', { set: [[[], 1]] }],
    ['of the key', { set: [[['key'], 'other']] }],
    ['of the revision', { add: [[['revision'], 1]] }],
    ['of nothing', {}],
  ])('an update %s is Terminal, and nothing is written', async (_what, update) => {
    const table = current()
    const attributes = { text: 'x', map: {} }
    await table.create('k', attributes)
    await expect(table.update('k', update)).rejects.toBeInstanceOf(Terminal)
    expect(await table.get('k')).toEqual({ key: 'k', revision: 1, ...attributes })
  })

  test('an item that grows beyond what one may have is Terminal and stays as it was', async () => {
    const table = current()
    await table.create('k', { a: 'x'.repeat(300_000) })
    await expect(table.update('k', { set: [[['b'], 'x'.repeat(150_000)]] })).rejects.toBeInstanceOf(Terminal)
    expect((await table.get('k'))?.revision).toBe(1)
  })
}

function indexRules(current: () => Table): void {
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

function nested(levels: number): Json {
  return levels === 0 ? 1 : { inner: nested(levels - 1) }
}
