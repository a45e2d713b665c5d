import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { check } from './check.ts'
import { formatProblem, problemAt, sorted } from './problems.ts'
import { readDocuments } from './read.ts'

const port = z.int().min(1).max(65_535)
const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z]+$/, 'must be lower-case letters')
    .max(8),
  type: z.enum(['service', 'worker', 'cronjob']),
  replicas: port.optional(),
  enabled: z.boolean().optional(),
  scaling: z
    .strictObject({ min: z.int().default(2), max: z.int().optional() })
    .refine(({ min, max }) => max === undefined || max >= min, 'max is below min')
    .optional(),
  hosts: z.record(z.string().regex(/^[a-z]+$/, 'must be lower-case letters'), z.strictObject({ port })).default({}),
  tags: z.array(z.string().min(1)).min(1, 'must name at least one tag, or be left out').optional(),
  either: z
    .union([
      z.strictObject({ keys: z.array(z.string()).min(1) }),
      z.strictObject({ generate: z.strictObject({ length: z.int() }) }),
    ])
    .optional(),
  value: z.union([z.string(), z.array(z.string())]).optional(),
  source: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('git'), url: z.string() }),
      z.strictObject({ type: z.literal('github'), url: z.string(), installationId: z.int() }),
    ])
    .optional(),
})

const start = 'name: a\ntype: worker\n'
function problems(text: string, of: z.ZodType = schema): string[] {
  const { documents } = readDocuments(text, 'f')
  return documents.flatMap((document) => {
    const { explanations } = check(document.value, of, document)
    return sorted(explanations.map((explanation) => problemAt(document, explanation))).map((problem) =>
      formatProblem(problem).slice(2),
    )
  })
}

describe('a problem stands at the key or value that is wrong, and says what to write instead', () => {
  it.each([
    ['an unknown key, at the key', 'replcias: 3', '3:1: unknown key `replcias`; did you mean `replicas`?'],
    ['a key in the wrong case', 'Replicas: 3', '3:1: unknown key `Replicas`; did you mean `replicas`?'],
    ['a key that belongs one level down', 'min: 3', '3:1: unknown key `min`; did you mean `scaling.min`?'],
    ['an unknown key that is like nothing', 'scaling: { zzz: 1 }', '3:12: unknown key `zzz`; known here: min, max'],
    ['a short key that only looks like everything', 'scaling: { x: 1 }', '3:12: unknown key `x`; known here: min, max'],
    ['a missing key, at its parent’s', 'hosts:\n  a: {}', '4:3: `hosts.a.port` is missing'],
    ['a value out of bounds', 'replicas: 0', '3:11: `replicas` must be at least 1, and is 0'],
    [
      'a value of the wrong kind',
      'scaling: [1]',
      '3:10: `scaling` must be a map (`key: value`), not a list (`- item`)',
    ],
    ['no value', 'scaling:', '3:1: `scaling` must be a map (`key: value`), but has no value'],
    ['null', 'scaling: null', '3:10: `scaling` must be a map (`key: value`), not null'],
    ['a fraction', 'replicas: 2.5', '3:11: `replicas` must be a whole number, not the number 2.5'],
    ['an empty list', 'tags: []', '3:7: `tags` must name at least one tag, or be left out'],
    ['an item', 'tags: [a, ""]', '3:11: `tags[1]` must not be empty'],
    ['a bad name, at the key', 'hosts: { A: { port: 1 } }', '3:10: the name `A` must be lower-case letters'],
    ['members that do not go together, at the key', 'scaling:\n  max: 1', '3:1: `scaling`: max is below min'],
  ])('%s', (_, text, problem) => {
    expect(problems(start + text)).toEqual([problem])
  })

  it.each([
    [
      'the nearest of the values',
      'type: servce',
      '1:7: `type` must be one of `service`, `worker` or `cronjob`; did you mean `service`?',
    ],
    ['all values when none is near', 'type: pod', '1:7: `type` must be one of `service`, `worker` or `cronjob`'],
    ['all values when there is none', '{}', '1:1: `type` is missing; it is one of `service`, `worker` or `cronjob`'],
  ])('%s', (_, text, problem) => {
    expect(problems(text, z.strictObject({ type: schema.shape.type }))).toEqual([problem])
  })
})

describe('what YAML reads differently than it was meant is explained', () => {
  it.each([
    [
      'a number as text',
      'name: 007',
      '1:7: `name` must be text, but YAML reads `007` as the number 7; put it in quotes: `"007"`',
    ],
    [
      'an octal number as text',
      'name: 0o17',
      '1:7: `name` must be text, but YAML reads `0o17` as the number 15; put it in quotes: `"0o17"`',
    ],
    [
      'a boolean as text',
      'name: true',
      '1:7: `name` must be text, but YAML reads `true` as a boolean; put it in quotes: `"true"`',
    ],
    [
      'YAML 1.1’s booleans',
      'enabled: no',
      '1:10: `enabled` must be true or false; YAML 1.2 reads `no` as text: write `false`',
    ],
    ['YAML 1.1’s numbers', 'replicas: 1_000', '1:11: `replicas` must be a number, not text: write `1000`'],
    ['a number in quotes', 'replicas: "80"', '1:11: `replicas` must be a number, not text: write `80`'],
  ])('%s', (_, text, problem) => {
    expect(problems(text, schema.partial())).toEqual([problem])
  })
})

describe('in a union, the problem is that of the form that was meant', () => {
  it.each([
    ['by the key that it has', 'either: { keys: [] }', '3:17: `either.keys` must not be empty'],
    ['by the key that it nearly has', 'either: { key: [a] }', '3:11: unknown key `key`; did you mean `keys`?'],
    [
      'by the key that it nearly has, in the other form',
      'either: { genrate: { length: 1 } }',
      '3:11: unknown key `genrate`; did you mean `generate`?',
    ],
    ['deep in a form', 'either: { generate: { lenght: 1 } }', '3:23: unknown key `lenght`; did you mean `length`?'],
    [
      'both forms at once',
      'either: { keys: [a], generate: { length: 1 } }',
      '3:1: `either` must have only one of `keys` or `generate`',
    ],
    ['no form at all', 'either: {}', '3:1: `either` must have one of `keys` or `generate`'],
    ['no map', 'either: 3', '3:9: `either` must be a map (`key: value`), not the number 3'],
    ['one of two kinds of value', 'value: 3', '3:8: `value` must be text or a list (`- item`), not the number 3'],
    [
      'an item of the kind that was meant',
      'value: [a, 3]',
      '3:12: `value[1]` must be text, but YAML reads `3` as a number; put it in quotes: `"3"`',
    ],
    [
      'a mistaken type',
      'source: { type: gti, url: x }',
      '3:17: `source.type` must be one of `git` or `github`; did you mean `git`?',
    ],
    ['a missing type', 'source: { url: x }', '3:1: `source.type` is missing; it is one of `git` or `github`'],
    [
      'a key of another type',
      'source: { type: git, url: x, installationId: 1 }',
      '3:30: unknown key `installationId`; known here: type, url',
    ],
    ['a missing key of the type', 'source: { type: github, url: x }', '3:1: `source.installationId` is missing'],
  ])('%s', (_, text, problem) => {
    expect(problems(start + text)).toEqual([problem])
  })
})

describe('every problem is found, each once, by position', () => {
  it('whatever else is wrong', () => {
    const text =
      'name: 7\ntype: wroker\nfoo: 1\nhosts:\n  A: { prt: x }\n  b: { port: 0 }\ntags: ["", a, ""]\nscaling: { min: 3, max: 1 }\n'
    expect(problems(text)).toEqual([
      '1:7: `name` must be text, but YAML reads `7` as a number; put it in quotes: `"7"`',
      '2:7: `type` must be one of `service`, `worker` or `cronjob`; did you mean `worker`?',
      '3:1: unknown key `foo`; known here: name, type, replicas, enabled, scaling, hosts, tags, either, value, source',
      '5:3: the name `A` must be lower-case letters',
      '5:8: unknown key `prt`; did you mean `port`?',
      '6:14: `hosts.b.port` must be at least 1, and is 0',
      '7:8: `tags[0]` must not be empty',
      '7:15: `tags[2]` must not be empty',
      '8:1: `scaling`: max is below min',
    ])
  })

  it('what two rules say of one value is two problems', () => {
    expect(problems('name: ABCDEFGHIJ\ntype: worker\n')).toEqual([
      '1:7: `name` must be lower-case letters',
      '1:7: `name` must have at most 8 characters',
    ])
  })

  it('a refinement is held against the parts that are right, although others are wrong', () => {
    const refined = z.strictObject({
      items: z.array(
        z
          .strictObject({ a: z.int(), b: z.string() })
          .refine(({ b }) => b !== 'bad', { path: ['b'], message: 'must not be bad' }),
      ),
      all: z.string(),
    })
    expect(
      problems('items: [{ a: 1, b: bad }, { a: x, b: bad }, { a: 1, b: 2 }, { a: 1, b: good }]\nalll: x\n', refined),
    ).toEqual([
      '1:20: `items[0].b` must not be bad',
      '1:32: `items[1].a` must be a number, not text',
      '1:56: `items[2].b` must be text, but YAML reads `2` as a number; put it in quotes: `"2"`',
      '2:1: unknown key `alll`; did you mean `all`?',
    ])
  })

  it('what only follows from another problem is none', () => {
    const refined = z.strictObject({
      spec: z.strictObject({ list: z.array(z.int()).min(1) }).refine(({ list }) => list[0] === 1, 'must begin with 1'),
    })
    expect(problems('spec: { list: [x] }', refined)).toEqual(['1:16: `spec.list[0]` must be a number, not text'])
  })

  it('the value is what is left when the wrong parts are taken out', () => {
    const left = (value: unknown) => check(value, schema).value
    expect(left({ name: 'a', type: 'worker', tags: ['x', ''], foo: 1 })).toEqual({
      name: 'a',
      type: 'worker',
      tags: ['x', 'x'],
      hosts: {},
    })
    expect(left({ name: 'a', type: 'x', scaling: { max: 1 } })).toEqual({ name: 'a', hosts: {} })
    expect(left('x')).toBeUndefined()
  })

  it('the value that was given is not changed', () => {
    const value = { name: 'a', type: 'worker', tags: ['x', ''], foo: 1 }
    check(value, schema)
    expect(value).toEqual({ name: 'a', type: 'worker', tags: ['x', ''], foo: 1 })
  })
})

describe('what was written is not read as something of JavaScript’s', () => {
  it.each(['toString', 'valueOf', 'hasOwnProperty'])('%s is an unknown key like any other', (key) => {
    expect(problems(`${start}${key}: 1`)).toEqual([expect.stringContaining(`3:1: unknown key \`${key}\``) as string])
    expect(problems(`${start}hosts: { ${key.toLowerCase()}: {} }`)).toEqual([
      expect.stringContaining('is missing') as string,
    ])
  })
})
