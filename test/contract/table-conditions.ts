import { expect, test } from 'vitest'
import { Conflict, Terminal } from '../../domain/errors.ts'
import type { Condition, Table } from '../../domain/table.ts'

export function conditionRules(current: () => Table): void {
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
    [{ op: 'all', of: [{ op: 'any', of: [{ op: 'all', of: [holds, holds] }] }] }, true],
    [{ op: 'any', of: [{ op: 'all', of: [fails] }] }, false],
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
