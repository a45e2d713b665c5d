import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { halvingEvery, recovery } from '../../domain/pace.ts'
import type { Table } from '../../domain/table.ts'
import { startTable } from '../../local/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { createPace } from '../../store/pace.ts'
import { manualClock } from './store-fixture.ts'

const tables: Readonly<Record<string, () => Promise<{ table: Table; stop: () => Promise<void> }>>> = {
  'in memory': async () => ({ table: memoryTable(), stop: () => Promise.resolve() }),
  'DynamoDB (dynalite)': () => startTable(),
}

describe.each(Object.keys(tables))('the pace, %s', (name) => {
  let table: Table
  let stop: () => Promise<void>
  let writes = 0
  const clock = manualClock()
  const pace = () => createPace(table, { clock })
  beforeEach(async () => {
    const opened = await tables[name]!()
    stop = opened.stop
    writes = 0
    table = {
      ...opened.table,
      update: async (...call) => {
        const item = await opened.table.update(...call)
        writes += 1
        return item
      },
    }
  })
  afterEach(async () => stop())

  it('is on record by account and service, and gone from the list when it is the full one again', async () => {
    expect(await pace().slowed()).toEqual([])
    await pace().throttled('111122223333', 'iam')
    await pace().throttled('444455556666', 'ecr')
    clock.time += halvingEvery
    await pace().throttled('111122223333', 'iam')
    const slowed = await pace().slowed()
    expect(slowed.map(({ account, service }) => `${account}/${service}`)).toEqual([
      '111122223333/iam',
      '444455556666/ecr',
    ])
    expect(slowed[0]?.share).toBeLessThan(0.3)
    expect(slowed[1]?.share).toBeGreaterThan(0.5)
    clock.time += recovery
    expect(await pace().slowed()).toEqual([])
  })

  it('is halved once by a burst, however many meet it at the same time, and written once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => pace().throttled('111122223333', 'iam')))
    expect(await pace().slowed()).toEqual([{ account: '111122223333', service: 'iam', share: 0.5 }])
    expect(writes).toBe(1)
    await pace().throttled('111122223333', 'iam')
    expect(writes).toBe(1)
    clock.time += halvingEvery
    await Promise.all(Array.from({ length: 50 }, () => pace().throttled('111122223333', 'iam')))
    expect(writes).toBe(2)
  })
})
