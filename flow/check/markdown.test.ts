import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bounded, code, cut } from './markdown.ts'

describe('a code span', () => {
  it('is one span of one line for any text, whatever stands around it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('`', ' ', '@', '<', '\\', '\n', '\u202e', 'a') }),
    )
    fc.assert(
      fc.property(text, (value) => {
        const span = code(value)
        const [fence = ''] = /^`+/.exec(span) ?? []
        const inner = span.slice(fence.length, -fence.length)
        // The first run of backticks that is as long as the one it opens with is the one that ends it.
        const runs = [...span.matchAll(/`+/g)].filter(([run]) => run.length === fence.length)
        expect(runs.map(({ index }) => index)).toEqual([0, span.length - fence.length])
        expect(inner).not.toBe('')
        // oxlint-disable-next-line no-control-regex -- that there are none is what is looked at
        expect(span).not.toMatch(/[\u0000-\u001f\u2028-\u202e\u2066-\u2069]/)
      }),
    )
  })

  it('holds a bounded part of a long text, and no half of a character', () => {
    expect(Array.from(code('😀'.repeat(1000))).length).toBeLessThanOrEqual(302)
    expect(cut('😀😀😀', 2)).toBe('😀…')
    expect(cut('😀😀', 2)).toBe('😀😀')
  })
})

describe('a bounded text', () => {
  it('ends at a whole block, and counts the rest by kind', () => {
    const block = (what: string) => ({ what, text: 'é'.repeat(50) })
    const blocks = [block('problems'), block('problems'), block('resources'), block('resources'), block('resources')]
    const text = bounded(blocks, 300 + 2 * 101 + 10)
    expect(text).toBe(`${'é'.repeat(50)}\n${'é'.repeat(50)}\n\nThere is no room here for 3 more resources.\n`)
    expect(bounded(blocks, 10_000)).not.toContain('no room')
  })
})
