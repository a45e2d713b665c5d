import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inboxPrefix, scopeOf, templateOf } from './scope.ts'

const inbox = '_INBOX_policy-admin_quotes_dev'

test.each([
  [{ publish: ['a'] }, { pub: { allow: ['a'] }, sub: { deny: ['>'] } }],
  [{ subscribe: ['a'] }, { pub: { deny: ['>'] }, sub: { allow: ['a'] } }],
  [{ request: ['a'] }, { pub: { allow: ['a'] }, sub: { allow: [`${inbox}.>`] } }],
  [{ reply: ['a'] }, { pub: { deny: ['>'] }, sub: { allow: ['a'] }, resp: { max: 1, ttl: 120_000_000_000 } }],
])('%j is granted, and an undeclared direction is denied rather than left empty', (spec, expected) => {
  expect(templateOf(scopeOf(spec, inbox))).toEqual({ subs: -1, data: -1, payload: -1, ...expected })
})

test('the order of declarations and repetitions makes no difference', () => {
  const one = scopeOf({ publish: ['b', 'a'], request: ['a'] }, inbox)
  expect(scopeOf({ publish: ['a', 'b', 'b'], request: ['a'] }, inbox)).toEqual(one)
})

const label = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,4}$/)

test('no two placements share an inbox, and none’s lies under another’s', () => {
  fc.assert(
    fc.property(fc.tuple(label, label, label), fc.tuple(label, label, label), (one, other) => {
      const [a, b] = [inboxPrefix(...one), inboxPrefix(...other)]
      expect(a === b).toBe(one.join() === other.join())
      expect(a).toMatch(/^[A-Za-z0-9_-]+$/)
    }),
  )
})
