import { expect, test } from 'vitest'
import { RetryLater } from '../domain/errors.ts'
import { manualClock, options } from '../test/contract/store-fixture.ts'
import { memoryTable } from './memory.ts'
import { createStore } from './store.ts'

test('a close that died half-way counts: the run waits no more', async () => {
  const table = memoryTable()
  const clock = manualClock()
  const { requests } = createStore(table, { clock, ...options })
  await requests.add('port', 'r1')
  await requests.add('port', 'r2')

  const update = async () => Promise.reject(new RetryLater('throttled'))
  const dying = createStore({ ...table, update }, { clock, ...options })
  await expect(dying.requests.close('port', 'r1')).rejects.toBeInstanceOf(RetryLater)

  expect(await requests.pending('port')).toEqual(['r2'])
  expect(await requests.add('port', 'r1')).toBe('seen')
})
