import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemSpec } from '../../domain/resources.ts'
import { ceiling } from './ceiling.ts'
import { natsSpec } from './schema.ts'
import { liesUnder } from './subjects.ts'

function system(nats?: object) {
  const spec = { team: 'policies', costCentre: 'cc-42', environments: ['dev'], ...(nats ? { nats } : {}) }
  return { name: 'policy-admin', spec: systemSpec.parse(spec) }
}

/** Straight from the definition of a subscription, for subjects without wildcards. */
function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  const [token, ...rest] = pattern
  if (token === undefined) return subject.length === 0
  if (subject.length === 0) return false
  if (token === '>') return true
  return (token === '*' || token === subject[0]) && matches(rest, subject.slice(1))
}

// One token more than patterns use stands for all that they do not name, one more level for all deeper ones.
const subjects = [1, 2, 3, 4, 5].flatMap((length) => {
  let all: string[][] = [[]]
  for (let level = 0; level < length; level++)
    all = all.flatMap((each) => ['a', 'b', 'other'].map((token) => [...each, token]))
  return all
})

const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, open]) => (open ? [...tokens, '>'] : tokens))

test('a subject lies under prefixes exactly when everything it can match is a prefix or below one', () => {
  fc.assert(
    fc.property(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 }), (subject, prefixes) => {
      const reachable = subjects.filter((each) => matches(subject, each))
      const inside = (each: readonly string[]) =>
        prefixes.some((prefix) => matches(prefix, each) || matches([...prefix, '>'], each))
      const proven = prefixes.some((prefix) => liesUnder(subject.join('.'), prefix.join('.')))
      expect(proven).toBe(reachable.every(inside))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['quotes', 'quotes', true],
  ['quotes.created', 'quotes', true],
  ['quotes.>', 'quotes', true],
  ['quotes.*', 'quotes', true],
  ['quotes2', 'quotes', false],
  ['quotes', 'quotes.created', false],
  ['*.created', 'quotes', false],
  ['quotes.*', 'quotes.created', false],
  ['quotes.>', 'quotes.*', true],
  ['quotes.>', 'quotes.*.*', false],
  ['quotes', 'quotes.>', false],
])('%s under %s: %s', (subject, prefix, expected) => {
  expect(liesUnder(subject, prefix)).toBe(expected)
})

test('every subject outside is reported where it stands, in all four lists, with what is allowed', () => {
  const nats = natsSpec.parse({
    publish: ['quotes.created', 'claims.created'],
    subscribe: ['claims.>'],
    request: ['claims.find'],
    reply: ['claims.find'],
  })
  const violations = ceiling.check({ nats }, system({ prefixes: ['quotes', 'policies'] }))
  expect(violations.map(({ path }) => path.join('.'))).toEqual([
    'nats.publish.1',
    'nats.subscribe.0',
    'nats.request.0',
    'nats.reply.0',
  ])
  expect(violations[0]?.message).toContain('"quotes" or "policies"')
})

test('a credential may live as long as the system allows, and no longer', () => {
  const check = (expiresAfter: string) =>
    ceiling.check(
      { nats: natsSpec.parse({ publish: ['quotes'], expiresAfter }) },
      system({ prefixes: ['quotes'], maxExpiry: '99h' }),
    )
  expect(check('99h')).toEqual([])
  expect(check('100h')).toMatchObject([{ path: ['nats', 'expiresAfter'], message: expect.stringContaining('99h') }])
})

test.each([
  ['720h', '719h', true],
  ['720h', '1h', true],
  ['720h', '720h', false],
  ['24h', '168h', false],
  ['720h', '0h', false],
  ['720h', '7d', false],
  [undefined, '168h', true],
  [undefined, '721h', false],
])('credentials for %s are renewed %s before their end: %s', (expiresAfter, renewBefore, allowed) => {
  const life = expiresAfter === undefined ? {} : { expiresAfter }
  expect(natsSpec.safeParse({ publish: ['quotes'], ...life, renewBefore }).success).toBe(allowed)
})

test('a system without NATS allows none, and a workload without NATS is always within it', () => {
  const nats = natsSpec.parse({ publish: ['quotes'] })
  expect(ceiling.check({ nats }, system())).toMatchObject([{ path: ['nats'] }])
  expect(ceiling.check({}, system())).toEqual([])
})

test.each(['quotes.{{name()}}', '{{tag(x)}}.a', 'quotes.}}'])(
  'a server would expand %s, or drop the account of everybody: it is refused',
  (subject) => {
    expect(natsSpec.safeParse({ publish: [subject] }).success).toBe(false)
  },
)
