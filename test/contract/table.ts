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
