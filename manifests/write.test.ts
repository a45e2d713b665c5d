import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { blockOf } from './block.ts'
import { documentOf } from './document.ts'
import { emit, emitAll } from './write.ts'

/** Text that some reader takes for a boolean, null, number, date, merge key, marker, comment or something broken. */
const hazards = [
  ['no', 'No', 'NO', 'n', 'N', 'y', 'Y', 'yes', 'on', 'On', 'off', 'true', 'True', 'false', 'null', 'Null', '~', ''],
  ['0', '-1', '+1', '007', '0o17', '0O17', '+0o17', '0x1F', '0b101', '1_000', '1e3', '1E+3', '.5', '5.', '-.inf'],
  ['.nan', '.NaN', '1:30', '1:30:00', '190:20:30', '2024-01-01', '2024-01-01T00:00:00Z', '12e03', '1.2.3', '0.'],
  ['=', '<<', '---', '...', '--- a', '%YAML', '- a', '-', '?', '? a', ':', 'a: b', 'a:', 'a #b', '#a', ' a', 'a '],
  ['*a', '&a', '!a', '!!binary', '|', '>', '@a', '`a', '{', '}', '[', ']', '{a', ',', '"', "'", `'"`, '\\', '\\n'],
  [
    '\t',
    'a\tb',
    '\n',
    '\n\n',
    'a\n',
    'a\n\n',
    '\na',
    ' \na',
    'a\n b\n',
    '\n  a\n b',
    'a \nb',
    'a\n---\nb',
    '\r',
    'a\r\nb',
  ],
  ['\0', '\u0007', '\u001b', '\u007f', '\u0080', '\u0085', '\u00a0', '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff'],
  ['ä', '日本', '😀', '\u{1fffe}', '\ud7ff', '\ue000', 'x'.repeat(300), `${'x '.repeat(200)}x`, 'a'.repeat(1100)],
].flat()

const indicators = Array.from(' \t\n\r:#-?&*!|>\'"%@`{}[],~=<.0x1_eoynNa\u0085\u2028\ufeff')
const text = fc.oneof(
  fc.constantFrom(...hazards),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...indicators), maxLength: 12 }),
)
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e21, -1e-7, 5e300),
)
const { root: data } = fc.letrec<{ root: unknown; tree: unknown }>((tie) => ({
  root: fc.oneof(fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(text, tie('tree'), { maxKeys: 4 })),
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(text, tie('tree'), { maxKeys: 4 }),
  ),
}))

describe('what is written is read as the same data', () => {
  const everywhere = hazards.flatMap((hazard) => [[hazard], { [hazard]: hazard }, { a: { [hazard]: [hazard] } }])

  it('by YAML 1.2, for text that readers disagree about', () => {
    for (const value of everywhere) expect(parse(emit(value))).toEqual(value)
  })

  it('by YAML 1.1, for text that readers disagree about', () => {
    for (const value of everywhere) expect(parse(emit(value), { version: '1.1' })).toEqual(value)
  })

  it('for any data', () => {
    fc.assert(
      fc.property(data, (value) => {
        const normal = withoutNegativeZero(value)
        expect(parse(emit(value))).toEqual(normal)
        expect(parse(emit(value), { version: '1.1' })).toEqual(normal)
      }),
      { numRuns: 500 },
    )
  })

  it('in the same bytes, whether the library writes them or the faster way', () => {
    const same = (value: unknown) => {
      const fast = blockOf(value)
      if (fast !== undefined) expect(fast).toBe(documentOf(value))
      return fast !== undefined
    }
    const taken = everywhere.filter(same).length
    expect(taken).toBeGreaterThan(everywhere.length * 0.7)
    for (const word of ['true-ish', 'nulls', 'noon', 'offset', 'a.b/c_d-e@f', 'Y2', 'e1', 'x'.repeat(300)]) {
      expect(same({ [word]: [word, { a: word }] })).toBe(true)
    }
    const word = fc.string({ unit: fc.constantFrom(...Array.from('eEyYnNtruefalsoxb01_.-+/@:')), maxLength: 6 })
    fc.assert(
      fc.property(data, fc.array(word), (value, words) => {
        same(value)
        for (const one of words) same({ [one]: [one] })
      }),
      { numRuns: 1000 },
    )
  })

  it('in one file of several documents', () => {
    fc.assert(
      fc.property(fc.array(data, { minLength: 2, maxLength: 4 }), (values) => {
        const documents = parseAllDocuments(emitAll(values))
        expect(documents.map((document) => (document as { toJS(): unknown }).toJS())).toEqual(
          values.map(withoutNegativeZero),
        )
      }),
    )
  })
})

const python = spawnSync('python3', ['-c', 'import yaml; print(yaml.__version__)'], { encoding: 'utf8' })
const hasPyYaml = python.status === 0
if (!hasPyYaml)
  process.stderr.write('skipped: PyYAML is not installed (python3 -c "import yaml"); not compared with it\n')

describe.skipIf(!hasPyYaml)('what is written is read as the same data by PyYAML', () => {
  it('text that readers disagree about, as value, item and key', () => {
    const values = hazards.flatMap((hazard) => [
      [hazard, [hazard]],
      { [hazard]: hazard },
      { a: { [hazard]: [hazard] } },
    ])
    expect(readWithPyYaml(values.map(emit))).toEqual(values)
  })

  it('any data', () => {
    const values = fc.sample(data, { numRuns: 1000, seed: 1 }).map(withoutNegativeZero)
    expect(readWithPyYaml(values.map(emit))).toEqual(values)
  })
})

describe('what is written is the same for the same data', () => {
  it('apiVersion, kind and metadata come first, everything else as given', () => {
    const object = { spec: { b: 1, a: 2 }, metadata: { name: 'x' }, kind: 'K', data: {}, apiVersion: 'v1' }
    expect(emit(object)).toBe('apiVersion: v1\nkind: K\nmetadata:\n  name: x\nspec:\n  b: 1\n  a: 2\ndata: {}\n')
  })

  it('members that are undefined are left out', () => {
    expect(emit({ a: undefined, b: [undefined, 1], c: { d: undefined } })).toBe('b:\n- 1\nc: {}\n')
  })

  it('the same object in two places is written out twice', () => {
    const labels = { app: 'x' }
    expect(emit({ a: labels, b: labels })).toBe('a:\n  app: x\nb:\n  app: x\n')
  })

  it('long text stays on one line', () => {
    expect(emit({ a: 'word '.repeat(50).trim() }).split('\n')).toHaveLength(2)
  })
})

describe('what YAML cannot hold is refused', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  it.each([
    ['text without a map or a list around it', 'text'],
    ['a cycle', cycle],
    ['a lone surrogate, which no UTF-8 file can hold', { a: '\ud800' }],
    ['not a number', { a: Number.NaN }],
    ['infinity', { a: Infinity }],
    ['a date', { a: new Date(0) }],
    ['a function', { a: () => 1 }],
    ['a big integer', { a: 1n }],
  ])('%s', (_, value) => {
    expect(() => emit(value)).toThrow(expect.objectContaining({ name: 'Terminal' }))
  })
})

/** JSON has none, and neither has a manifest. */
function withoutNegativeZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNegativeZero)
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNegativeZero(member)]))
}

/**
 * Maps come back as lists of pairs: V8 13.6 mixes up object keys with escapes in `JSON.parse` (`"\n\n"` is read as
 * `"\\n"` after an object of the same shape had that key).
 */
const script = `
import json, sys, yaml
def data(o):
    if isinstance(o, dict): return {"map": [[data(k), data(v)] for k, v in o.items()]}
    if isinstance(o, list): return {"list": [data(i) for i in o]}
    if o is None or isinstance(o, (bool, int, float, str)): return {"scalar": o}
    return {"scalar": "PyYAML reads " + repr(o)}
print(json.dumps([data(yaml.safe_load(text)) for text in json.load(sys.stdin)]))
`

type Read = { map: [Read, Read][] } | { list: Read[] } | { scalar: unknown }

function readWithPyYaml(texts: readonly string[]): unknown {
  const result = spawnSync('python3', ['-c', script], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PYTHONUTF8: '1' },
  })
  expect(result.stderr).toBe('')
  return (JSON.parse(result.stdout) as Read[]).map(fromRead)
}

function fromRead(read: Read): unknown {
  if ('scalar' in read) return read.scalar
  if ('list' in read) return read.list.map(fromRead)
  return Object.fromEntries(read.map.map(([key, value]) => [fromRead(key), fromRead(value)]))
}
