import { describe, expect, it } from 'vitest'
import { brakeLook } from './answers.ts'

const present = new Map([['claims', 100]])
const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `claims/w${from + index}`)
const limits = { workloads: 50, share: 0.1, systemShare: 0.1 }

describe('P9: the brake on what a look would remove', () => {
  it('counts what other looks and sources let go lately, and nothing twice', () => {
    const counted = { present, retiring: [] }
    expect(brakeLook(names(0, 8), [], counted, limits)).toBeUndefined()
    expect(brakeLook(names(0, 8), names(0, 8), counted, limits)).toBeUndefined()
    expect(brakeLook(names(0, 8), names(8, 8), counted, limits)).toContain('lets it go')
  })

  it('counts what is on its way out', () => {
    expect(brakeLook(names(0, 8), [], { present, retiring: names(8, 8) }, limits)).toContain('lets it go')
  })

  it('of 0 lets not even one go unasked', () => {
    expect(brakeLook(names(0, 1), [], { present, retiring: [] }, { workloads: 0, share: 0, systemShare: 0 })).toContain(
      'lets it go',
    )
  })
})
