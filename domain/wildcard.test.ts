import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { covers, intersects, matches } from './wildcard.ts'

/** Short patterns and texts over a small alphabet: small enough to try every text. */
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
/** One letter that no pattern names stands for all others; longer texts than this add nothing to six symbols. */
const texts = allTexts(['a', 'b', 'c'], 7)

function counterexample<Values>(property: fc.IProperty<Values>): Values | null {
  return fc.check(property, { numRuns: 500 }).counterexample
}

describe('matches', () => {
  test.each([
    ['main-*', 'main-42', true],
    ['main-*', 'main-', true],
    ['main-*', 'release-1', false],
    ['v?.?', 'v1.2', true],
    ['v?.?', 'v1.22', false],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b', false],
    ['.+', 'xx', false],
  ])('%s and %s: %s', (wildcards, text, expected) => {
    expect(matches(wildcards, text)).toBe(expected)
  })

  test('agrees with the regular expression of the same meaning', () => {
    expect(
      counterexample(
        fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 }), (wildcards, text) => {
          return matches(wildcards, text) === regularExpression(wildcards).test(text)
        }),
      ),
    ).toBeNull()
  })

  test('a hostile pattern does not make it slow: it stays below pattern times text', () => {
    expect(matches('*a'.repeat(60), 'a'.repeat(59) + 'b'.repeat(5000))).toBe(false)
  })
})

describe('covers', () => {
  test('says what trying every text says', () => {
    expect(
      counterexample(
        fc.property(pattern, pattern, (wide, narrow) => {
          const all = texts.filter((text) => matches(narrow, text))
          return covers(wide, narrow) === all.every((text) => matches(wide, text))
        }),
      ),
    ).toBeNull()
  })

  test.each([
    ['*?', '?*', true],
    ['a*', 'a?*b', true],
    ['*ab*', '*a*b*', false],
    ['', '', true],
    ['', '*', false],
  ])('%s over %s: %s', (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected)
  })

  test('what would take too long to prove is not covered', () => {
    const wide = `*a${'?'.repeat(40)}`
    expect(covers(wide, `*a${'?'.repeat(39)}b*`)).toBe(false)
  })
})

describe('intersects', () => {
  test('misses no text that two patterns have in common', () => {
    expect(
      counterexample(
        fc.property(pattern, pattern, (left, right) => {
          const common = texts.some((text) => matches(left, text) && matches(right, text))
          return intersects(left, right) || !common
        }),
      ),
    ).toBeNull()
  })

  test('says so only when there is such a text', () => {
    // Two patterns of three symbols meet in a text of six, if at all.
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 3 })
    expect(
      counterexample(
        fc.property(short, short, (left, right) => {
          const common = texts.some((text) => matches(left, text) && matches(right, text))
          return intersects(left, right) === common
        }),
      ),
    ).toBeNull()
  })

  test.each([
    ['secret:fairway/*', 'secret:*', true],
    ['secret:fairway/*', 'secret:fair?ay/x', true],
    ['secret:fairway/*', 'secret:fairways/*', false],
    ['table/fairway*', 'table/quotes-*', false],
    ['a*', '*b', true],
    ['a?', 'a', false],
  ])('%s and %s: %s', (left, right, expected) => {
    expect(intersects(left, right)).toBe(expected)
  })
})

function allTexts(letters: readonly string[], length: number): string[] {
  const all = ['']
  for (let from = 0, size = 1; size <= length; size++) {
    const until = all.length
    for (; from < until; from++) for (const letter of letters) all.push(`${all[from]}${letter}`)
  }
  return all
}

function regularExpression(wildcards: string): RegExp {
  return new RegExp(`^${wildcards.replaceAll('?', '.').replaceAll('*', '.*')}$`)
}
