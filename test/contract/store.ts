import { afterEach, beforeEach, describe } from 'vitest'
import { admissionRules } from './store-admission.ts'
import { changeRules } from './store-changes.ts'
import { driftRules } from './store-drift.ts'
import { type StoreFixture, storeFixture } from './store-fixture.ts'
import { intakeRules } from './store-intake.ts'
import { leaseRules } from './store-leases.ts'
import { operationRules } from './store-operations.ts'
import { recordRules } from './store-records.ts'
import { removalRules } from './store-removals.ts'
import { restoringRules } from './store-restoring.ts'
import { retirementRules } from './store-retirement.ts'
import { settlingRules } from './store-settling.ts'
import type { Opened } from './table.ts'

/** What the store promises over every table. */
export function storeContract(implementation: string, open: () => Promise<Opened>): void {
  describe(`the store contract, ${implementation}`, () => {
    let opened: Opened
    let current: StoreFixture
    beforeEach(async () => {
      opened = await open()
      current = storeFixture(opened.table)
    })
    afterEach(async () => opened.close())

    describe('leases', () => {
      leaseRules(() => current)
    })
    describe('admission', () => {
      admissionRules(() => current)
    })
    describe('records', () => {
      recordRules(() => current)
    })
    describe('operations', () => {
      operationRules(() => current)
    })
    describe('retirement', () => {
      retirementRules(() => current)
    })
    describe('removals', () => {
      removalRules(() => current)
    })
    describe('restoring', () => {
      restoringRules(() => current)
    })
    describe('settling', () => {
      settlingRules(() => current)
    })
    describe('changes that wait for their commit', () => {
      changeRules(() => current)
    })
    describe('drift', () => {
      driftRules(() => current)
    })
    describe('intake', () => {
      intakeRules(() => current)
    })
  })
}
