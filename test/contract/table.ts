import { afterEach, beforeEach, describe } from 'vitest'
import type { Table } from '../../domain/table.ts'
import { conditionRules } from './table-conditions.ts'
import { indexRules } from './table-indexes.ts'
import { itemRules } from './table-items.ts'
import { updateRules } from './table-updates.ts'

export interface Opened {
  readonly table: Table
  readonly close: () => Promise<void>
}

/**
 * What every implementation of the `Table` port promises. `departures`: names of tests that somebody else's DynamoDB
 * fails, and what it does instead; such a test has to fail, so that no departure outlives its reason.
 */
export function tableContract(
  implementation: string,
  open: () => Promise<Opened>,
  departures: Readonly<Record<string, string>> = {},
): void {
  describe(`the table contract, ${implementation}`, () => {
    let opened: Opened
    let table: Table
    beforeEach(async ({ task }) => {
      // What `test.fails` sets.
      if (task.name in departures) Object.assign(task, { fails: true })
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
