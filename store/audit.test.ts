import { describe, expect, it } from 'vitest'
import { audited } from './audit.ts'
import type { Stored } from './record.ts'

const audit = { who: 'ada', what: 'apply' }

describe('who did what', () => {
  it('goes on a record of before this was kept, which has no map for it', () => {
    const { set, remove } = audited({} as Stored, audit, 0)
    expect(set).toMatchObject([[['audit'], { [String(Object.keys(set[0]?.[1] as object)[0])]: audit }]])
    expect(remove).toEqual([])
  })

  it('is a member of its own where there is one: two operations at once do not lose each other', () => {
    const item = { audit: { earlier: {} } } as unknown as Stored
    expect(audited(item, audit, 0).set).toMatchObject([[['audit', expect.stringMatching(/^1970/)], audit]])
  })
})
