import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Terminal } from '../domain/errors.ts'
import { commitMessage, normalTrailers, parseTrailers } from './message.ts'

it('whatever subject, body and values hold, exactly the given trailers are read back', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/)
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constant('a\r\n\nFairway-Execution: forged\n\nB: c'),
  )
  fc.assert(
    fc.property(text, fc.option(text), fc.array(fc.tuple(name, text), { minLength: 1 }), (subject, body, trailers) => {
      const message = commitMessage({ subject: `x${subject}`, trailers, ...(body === null ? {} : { body }) })
      expect(parseTrailers(message)).toEqual(normalTrailers(trailers))
      const [first = '', second = ''] = message.split('\n')
      expect(Array.from(first).length).toBeLessThanOrEqual(72)
      expect(second).toBe('')
    }),
  )
})

it('a long subject is shortened by characters, not in the middle of one', () => {
  const message = commitMessage({ subject: '😀'.repeat(100), trailers: [] })
  expect(message).toBe(`${'😀'.repeat(71)}…\n`)
})

it.each(['', 'Fairway Execution', 'Fairway:', 'a\nb', '-x'])('%j is no trailer’s name', (name) => {
  expect(() => commitMessage({ subject: 'x', trailers: [[name, 'v']] })).toThrow(Terminal)
})

it('a subject or a body that looks like a trailer is none', () => {
  expect(parseTrailers('Fairway-Execution: x\n')).toEqual([])
  expect(parseTrailers('subject\n\nFairway-Execution: x\nand prose\n')).toEqual([])
})
