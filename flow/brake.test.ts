import { describe, expect, it } from 'vitest'
import { brakeOn } from './brake.ts'

const limits = { workloads: 50, share: 0.1 }
const names = (system: string, count: number) => Array.from({ length: count }, (_, index) => `${system}/w${index}`)

describe('the brake', () => {
  it('lets one alone go, whatever its share, and nothing at all', () => {
    const present = new Map([['small', 1]])
    expect(brakeOn({ going: ['small/w0'], retiring: [], present, limits: { workloads: 0, share: 0 } })).toBeUndefined()
    expect(brakeOn({ going: [], retiring: [], present, limits })).toBeUndefined()
  })

  it('holds more than the number that may go', () => {
    const present = new Map([['large', 10_000]])
    expect(brakeOn({ going: names('large', 50), retiring: [], present, limits })).toBeUndefined()
    expect(brakeOn({ going: names('large', 51), retiring: [], present, limits })).toContain('51 workloads')
  })

  it('holds more than the share of a System, however large the fleet is', () => {
    const present = new Map([
      ['small', 19],
      ['large', 10_000],
    ])
    expect(brakeOn({ going: names('small', 2), retiring: [], present, limits })).toContain(
      '10 % of the workloads of small',
    )
    expect(
      brakeOn({ going: names('small', 2), retiring: [], present: present.set('small', 20), limits }),
    ).toBeUndefined()
  })

  it('holds more than the share of the fleet, when it is one from each System', () => {
    const systems = Array.from({ length: 10 }, (_, index) => `s${index}`)
    const present = new Map(systems.map((system) => [system, 9]))
    const going = systems.map((system) => `${system}/w0`)
    expect(brakeOn({ going, retiring: [], present, limits })).toContain('of all workloads')
    expect(brakeOn({ going: going.slice(0, 9), retiring: [], present, limits })).toBeUndefined()
  })

  it('counts those that are on their way out already', () => {
    const present = new Map([['one', 30]])
    const retiring = ['one/w8', 'one/w9']
    expect(brakeOn({ going: names('one', 2), retiring: [], present, limits })).toBeUndefined()
    expect(brakeOn({ going: names('one', 2), retiring, present, limits })).toContain('10 %')
  })
})
