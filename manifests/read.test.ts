import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { readDocuments } from './read.ts'
import { emit } from './write.ts'

const read = (text: string) => readDocuments(text, 'fairway.yaml')
const places = (text: string) => read(text).problems.map(({ line, column }) => `${line}:${column}`)
const messages = (text: string) => read(text).problems.map(({ message }) => message)
const only = (text: string) => {
  const { documents, problems } = read(text)
  expect(problems).toEqual([])
  expect(documents).toHaveLength(1)
  return documents[0] as (typeof documents)[number]
}

describe('a document knows where each part of it stands', () => {
  const document = only(
    '# a comment\nspec:\n  list:\n  - one\n  - key: two\n  flow: { a: [1, "2"] }\n  empty:\n  text: |\n    x\n',
  )

  it.each<[string, (string | number)[], string, string]>([
    ['a map under its key', ['spec'], '3:3', '2:1'],
    ['an item', ['spec', 'list', 0], '4:5', '4:5'],
    ['a value in an item', ['spec', 'list', 1, 'key'], '5:10', '5:5'],
    ['a value in braces', ['spec', 'flow', 'a', 1], '6:18', '6:18'],
    ['a block of text', ['spec', 'text'], '8:9', '8:3'],
    ['a key without a value, which is all there is to point at', ['spec', 'empty'], '7:3', '7:3'],
    ['the key of the innermost part that exists', ['spec', 'flow', 'b', 'c'], '6:3', '6:3'],
    ['the root', [], '2:1', '2:1'],
  ])('%s', (_, path, value, key) => {
    const show = ({ line, column }: { line: number; column: number }) => `${line}:${column}`
    expect([show(document.position(path)), show(document.keyPosition(path))]).toEqual([value, key])
  })

  it('columns count characters, not bytes and not UTF-16 units', () => {
    const { column } = only('{ "ä日😀😀": x, b: y }').position(['b'])
    expect(column).toBe(17)
  })

  it('lines end with CRLF as well, and a byte order mark is not a character', () => {
    const windows = only('\ufeffa: 1\r\nb:\r\n  c: x\r\n')
    expect(windows.value).toEqual({ a: 1, b: { c: 'x' } })
    expect([windows.keyPosition(['a']), windows.position(['b', 'c'])]).toEqual([
      { line: 1, column: 1 },
      { line: 3, column: 6 },
    ])
  })

  it('a scalar is known as it was written', () => {
    const written = only('a: 0o17\nb: "0o17"\nc: {}\n')
    expect(written.written(['a'])).toEqual({ source: '0o17', plain: true })
    expect(written.written(['b'])).toEqual({ source: '0o17', plain: false })
    expect(written.written(['c'])).toBeUndefined()
    expect(written.written(['d'])).toBeUndefined()
  })
})

describe('what is written is what is read', () => {
  it('YAML 1.2 decides what is a number or a boolean', () => {
    expect(only('[no, on, 0o17, 0x1F, 1_000, 1:30, true, ~]').value).toEqual([
      'no',
      'on',
      15,
      31,
      '1_000',
      '1:30',
      true,
      null,
    ])
  })

  it('several documents, without those that are empty', () => {
    const { documents, problems } = read('---\n# nothing\n---\na: 1\n---\nb: 2\n...\n')
    expect(problems).toEqual([])
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }])
    expect(documents[1]?.keyPosition(['b'])).toEqual({ line: 6, column: 1 })
  })

  it('nothing, when there is nothing', () => {
    for (const text of ['', '\n', '# comment\n', '\ufeff']) expect(read(text)).toEqual({ documents: [], problems: [] })
  })

  it('what the emitter writes comes back', () => {
    const refused = new Set(['__proto__', 'constructor', 'prototype', '<<'])
    const key = fc.string({ unit: 'grapheme' }).filter((text) => !refused.has(text))
    const data = fc.dictionary(key, fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.array(fc.boolean())))
    fc.assert(
      fc.property(data, (value) => {
        expect(only(emit({ data: value })).value).toEqual({ data: { ...value } })
      }),
    )
  })
})

describe('what is not accepted is refused where it stands', () => {
  it.each<[string, string, string, RegExp]>([
    ['a repeated key', 'a: 1\nb: 2\na: 3\n', '3:1', /`a` stands here a second time/],
    ['a key that is repeated in other quotes', 'x:\n  a: 1\n  "a": 2\n', '3:3', /second time/],
    ['__proto__', 'a: 1\n__proto__: { polluted: true }\n', '2:1', /`__proto__` is not accepted/],
    ['constructor, deep inside', 'a: [{ constructor: 1 }]\n', '1:7', /`constructor` is not accepted/],
    ['prototype', 'prototype: 1\n', '1:1', /`prototype` is not accepted/],
    ['an anchor', 'a: &x 1\n', '1:4', /anchors .* not accepted/],
    ['an alias', 'b: *x\n', '1:4', /aliases .* not accepted/],
    ['a merge key', 'a:\n  <<: { b: 1 }\n', '2:3', /merge keys .* not accepted/],
    ['a tag', 'a: !!binary aGk=\n', '1:4', /tags are not accepted; remove !!binary/],
    ['a tag of somebody’s own', 'a: !Ref x\n', '1:4', /remove !Ref/],
    ['a directive', '%YAML 1.1\n---\na: no\n', '1:1', /directives/],
    ['a number as a key', 'a:\n  1: x\n', '2:3', /not text; put it in quotes, "1":/],
    ['a boolean as a key', 'true: x\n', '1:1', /not text/],
    ['a list as a key', '? [a]\n: b\n', '1:3', /must be text/],
    ['no key', ': b\n', '1:1', /a key is missing/],
    ['a control character', 'a: x\u0007y\n', '1:5', /U\+0007/],
    ['an invisible mark in the text', 'a: x\ufeffy\n', '1:5', /U\+FEFF/],
    ['half a character', 'a: "\ud800"\n', '1:5', /U\+D800/],
    ['a carriage return alone', 'a: "x\ry"\n', '1:6', /carriage return/],
  ])('%s', (_, text, place, message) => {
    expect(places(text)).toEqual([place])
    expect(messages(text)[0]).toMatch(message)
    for (const { flawed } of read(text).documents) expect(flawed).toBe(true)
  })

  it('refused keys are not in the data', () => {
    const { documents } = read('a: 1\n__proto__: { polluted: true }\nconstructor: x\n<<: { b: 2 }\na: 3\n')
    const value = documents[0]?.value as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['a'])
    expect(value.a).toBe(1)
    expect('polluted' in value).toBe(false)
  })

  it('everything at once, by position', () => {
    expect(places('a: &x 1\nb: *x\na: !!str 2\n1: y\n')).toEqual(['1:4', '2:4', '3:1', '3:4', '4:1'])
  })

  it('a flaw in one document is none of the next', () => {
    expect(read('a: &x 1\n---\nb: 2\n').documents.map(({ flawed }) => flawed)).toEqual([true, false])
  })
})

describe('what is not YAML is reported where the mistake is', () => {
  it.each<[string, string, string, RegExp]>([
    ['a tab as indentation', 'a:\n\tb: 1\n', '2:1', /a tab .* use spaces/],
    ['an open double quote', 'a: 1\nb: "x\nc: 2\n', '2:4', /quote " that opens here is not closed/],
    ['an open single quote', "a: 'x\n---\nb: 1\n", '1:4', /quote ' that opens here is not closed/],
    ['an open bracket', 'a:\n  - [1, 2\n', '2:5', /\[ that opens here/],
    ['an open brace', 'a: { b: 1\n', '1:4', /\{ that opens here/],
    ['a colon in text', 'a: b: c\n', '1:4', /in quotes/],
    ['a line that is indented too little', 'a:\n  b: |\n    x\n   y\n', '4:1', /./],
    ['an escape that does not exist', 'a: "C:\\q"\n', '1:7', /escape/],
    ['a reserved character', 'a: @b\n', '1:4', /cannot start with reserved character @/],
    ['a key without colon', 'a\nb: 1\n', '1:1', /./],
    ['one bracket too many', 'a: [b]]\n', '1:7', /./],
  ])('%s', (_, text, place, message) => {
    expect(places(text)).toEqual([place])
    expect(messages(text)[0]).toMatch(message)
    expect(read(text).documents).toEqual([])
  })

  it('the other documents of the file are still read', () => {
    const { documents, problems } = read('a: 1\n---\nb: [\n---\nc: 3\n')
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }])
    expect(problems).toHaveLength(1)
  })

  it('each line has at most one such problem, and each such line has one', () => {
    expect(places('a: @x @y\nb: `z\nc: %w\n')).toEqual(['1:4', '2:4', '3:4'])
  })

  it('any text is read or refused, never thrown at the caller', () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from('a1 \n\t:-?[]{},&*!|>\'"%@`#~\\ä😀\r\ud800')),
      maxLength: 40,
    })
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (source) => {
        for (const { line, column, message } of read(source).problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
          expect(line).toBeLessThanOrEqual(source.split('\n').length)
          expect(message).not.toBe('')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('work and memory are bounded', () => {
  it.each<[string, string, RegExp]>([
    ['a file of more than a mebibyte', 'a'.repeat(1_048_577), /larger than/],
    ['a mebibyte that is larger in UTF-8', 'ä'.repeat(600_000), /larger than/],
    ['a million brackets', '['.repeat(1_000_000), /too many/],
    ['a hundred brackets', '['.repeat(100), /more than 64 levels/],
    ['a hundred list items in each other', '- '.repeat(100), /more than 64 levels/],
    [
      'a hundred maps in each other',
      Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /64 levels/,
    ],
    ['a hundred thousand keys', Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n'), /too many/],
  ])('%s is one problem', (_, text, message) => {
    const { documents, problems } = read(text)
    expect(documents).toEqual([])
    expect(problems).toEqual([expect.objectContaining({ message: expect.stringMatching(message) as string })])
  })

  it('sixty-four levels are fine', () => {
    expect(read(`${'['.repeat(60)}${']'.repeat(60)}`).problems).toEqual([])
  })

  it('many levels of aliases multiply nothing', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
    const { documents, problems } = read(['l0: &l0 x', ...levels].join('\n'))
    expect(problems).toHaveLength(10 + 81)
    expect(JSON.stringify(documents[0]?.value).length).toBeLessThan(1000)
  })
})
