import { expect, test } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { Item, Table } from '../../domain/table.ts'

export function updateRules(current: () => Table): void {
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
