import { expect, test } from 'vitest'
import { memoryTable } from './memory.ts'

test('an index that lags shows what it has seen so far, as the items are now', async () => {
  let lag = 0
  const table = memoryTable({ lag: () => lag })
  const due = async () => (await table.due(100, { limit: 10 })).items
  await table.create('a', { kind: 'Workload', attentionAt: 1 })
  expect(await due()).toHaveLength(1)
  lag = 2
  await table.create('b', { kind: 'Workload', attentionAt: 2 })
  await table.update('a', { set: [[['attentionAt'], 50]] })
  expect(await due()).toEqual([{ key: 'a', revision: 2, kind: 'Workload', attentionAt: 50 }])
  expect((await table.ofKind('Workload', { limit: 10 })).items).toHaveLength(1)
  expect(await table.get('b')).toBeDefined()
  lag = 0
  expect((await due()).map(({ key }) => key)).toEqual(['b', 'a'])
})

test('an index that lags does not show what is no longer due, or gone', async () => {
  let lag = 0
  const table = memoryTable({ lag: () => lag })
  await table.create('a', { kind: 'Workload', attentionAt: 1 })
  await table.create('b', { kind: 'Workload', attentionAt: 2 })
  await table.due(100, { limit: 10 })
  lag = 2
  await table.update('a', { remove: [['attentionAt']] })
  await table.remove('b')
  expect((await table.due(100, { limit: 10 })).items).toEqual([])
})

test('an index never goes back to what it showed before', async () => {
  let lag = 0
  const table = memoryTable({ lag: () => lag })
  await table.create('a', { kind: 'Workload' })
  expect((await table.ofKind('Workload', { limit: 10 })).items).toHaveLength(1)
  lag = 1
  expect((await table.ofKind('Workload', { limit: 10 })).items).toHaveLength(1)
})
