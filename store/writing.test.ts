import { expect, test } from 'vitest'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import type { Table } from '../domain/table.ts'
import { memoryTable } from './memory.ts'
import { tryCreate, tryUpdate, untilWritten } from './writing.ts'

test('only a Conflict means that somebody else wrote first', async () => {
  const failing = (reason: Error): Table => ({
    ...memoryTable(),
    update: async () => {
      throw reason
    },
  })
  const update = { set: [[['a'], 1] as const] }
  const condition = { op: 'absent', path: ['a'] } as const
  expect(await tryUpdate(failing(new Conflict('x')), 'k', update, condition)).toBeUndefined()
  for (const error of [new RetryLater('throttled'), new Terminal('no table'), new Error('bug')]) {
    await expect(tryUpdate(failing(error), 'k', update, condition)).rejects.toBe(error)
  }
})

test('what exists was created by somebody else', async () => {
  const table = memoryTable()
  expect(await tryCreate(table, 'k', {})).toEqual({ key: 'k', revision: 1 })
  expect(await tryCreate(table, 'k', {})).toBeUndefined()
})

test('who is always overtaken gives up for now', async () => {
  let tries = 0
  const overtaken = untilWritten('k', async () => {
    tries++
    return undefined
  })
  await expect(overtaken).rejects.toBeInstanceOf(RetryLater)
  expect(tries).toBe(40)
})
