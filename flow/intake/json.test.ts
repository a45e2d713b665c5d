import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a body as data', () => {
  it('is what JSON says, for every value without special keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.boolean(), (value, pretty) => {
        const text = JSON.stringify(value, undefined, pretty ? '\t' : 0)
        fc.pre(!/"(__proto__|constructor|prototype)"/.test(text))
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['cut short', '{"a":1'],
    ['two values', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a repeated key', '{"a":1,"b":{"a":2},"a":3}'],
    ['a repeated key, escaped', '{"a":1,"\\u0061":2}'],
    ['a repeated key, with blanks before its colon', '{"a" :1,"a"\n:2}'],
    ['a prototype key', '{"a":[{"__proto__":{}}]}'],
    ['a constructor key', '{"constructor":1}'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['33 levels of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
    ['half a megabyte of brackets', `${'['.repeat(250_000)}${']'.repeat(250_000)}`],
  ])('is undefined for %s', (_name, text) => {
    expect(parseJson(bytes(text))).toBeUndefined()
  })

  it('is undefined for bytes that are no UTF-8, which two decoders would read as two texts', () => {
    expect(parseJson(Uint8Array.from([0x22, 0xff, 0x22]))).toBeUndefined()
    expect(parseJson(Uint8Array.from([0x22, 0xc3, 0x28, 0x22]))).toBeUndefined()
  })

  it.each([
    ['the same key in different objects', '[{"a":1},{"a":{"a":2}}]'],
    ['special names as values', '{"a":"__proto__","b":["constructor"]}'],
    ['braces, quotes and colons in strings', '{"a":"{\\"a\\":","b":"\\\\","c":"}]"}'],
    ['32 levels', `${'['.repeat(32)}${']'.repeat(32)}`],
  ])('takes %s', (_name, text) => {
    expect(parseJson(bytes(text))).toEqual(JSON.parse(text))
  })
})
