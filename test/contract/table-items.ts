import { expect, test } from 'vitest'
import { Conflict, Terminal } from '../../domain/errors.ts'
import type { Condition, Json, Table } from '../../domain/table.ts'

export function itemRules(current: () => Table): void {
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

function nested(levels: number): Json {
  return levels === 0 ? 1 : { inner: nested(levels - 1) }
}
