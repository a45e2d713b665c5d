import { expect, test } from 'vitest'
import { Terminal } from '../domain/errors.ts'
import { manualClock } from '../test/contract/store-fixture.ts'
import { settingsOf } from './settings.ts'

test('a lease must outlive the longest function by a minute', () => {
  const clock = manualClock()
  const functionMilliseconds = 120_000
  expect(() => settingsOf({ clock, functionMilliseconds, leaseMilliseconds: 179_999 })).toThrow(Terminal)
  expect(settingsOf({ clock, functionMilliseconds, leaseMilliseconds: 180_000 }).leastLeftMilliseconds).toBe(180_000)
})
