import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { countUsage, readCosts } from '../support/counts.ts'
import type { Usage } from '../support/usage.ts'
import { synthesise } from './template.ts'

/** docs/costs.md says what is counted here, over the deployed handlers, state machines and template. */

const costs = readCosts()
const text = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8')
const stack = synthesise()

let counted: ReadonlyMap<string, Usage>
beforeAll(async () => {
  counted = await countUsage()
}, 60_000)

describe('docs/costs.json', () => {
  it.each(Object.keys(costs.counted))('has what is counted: %s', (what) => {
    const { readUnits, writeUnits, ...rest } = costs.counted[what] as Usage
    const now = counted.get(what)
    expect(now).toMatchObject(rest)
    // Records grow and shrink by some bytes with every change of what is in them.
    expect(Math.abs((now?.readUnits ?? 0) - readUnits)).toBeLessThanOrEqual(Math.ceil(readUnits / 4))
    expect(Math.abs((now?.writeUnits ?? 0) - writeUnits)).toBeLessThanOrEqual(Math.ceil(writeUnits / 4))
  })

  it('has a changing reconcile of at most 25 transitions', () => {
    for (const what of ['a push declares a workload', 'its first image is pushed', 'a push changes it']) {
      expect(counted.get(what)?.transitions, what).toBeLessThanOrEqual(25)
    }
  })

  it('leaves out nothing that is counted', () => {
    expect(Object.keys(costs.counted).sort()).toEqual([...counted.keys()].sort())
  })

  it('has what stands there while nothing happens', () => {
    const number = (type: string) => stack.ofType(type).length
    expect(costs.standing).toEqual({
      alarms: number('AWS::CloudWatch::Alarm'),
      dashboards: number('AWS::CloudWatch::Dashboard'),
      keys: number('AWS::KMS::Key'),
      secrets: number('AWS::SecretsManager::Secret'),
    })
  })
})

describe('docs/costs.md', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))

  it('shows the counts of the data file', () => {
    for (const [what, usage] of Object.entries(costs.counted)) {
      const { transitions, invocations, readUnits, writeUnits, events, handovers } = usage
      const wanted = [what, transitions, invocations, readUnits, writeUnits, events, handovers].map(String)
      expect(
        cells.map((row) => row.slice(1, 8).join()),
        what,
      ).toContain(wanted.join())
    }
  })

  it('shows the prices of the data file, each with its source', () => {
    for (const [what, { dollars, per, source }] of Object.entries(costs.prices)) {
      expect(source, what).toMatch(/^https:\/\//)
      const row = cells.find(([, name]) => name === what)
      expect(row?.slice(2, 4), what).toEqual([String(dollars), per])
    }
  })

  it('shows what stands there', () => {
    for (const [what, number] of Object.entries(costs.standing)) {
      expect(
        cells.map((row) => row.slice(1, 3).join()),
        what,
      ).toContain(`${what},${number}`)
    }
  })
})
