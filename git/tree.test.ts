import fc from 'fast-check'
import { expect, it } from 'vitest'
import { blobId, objectId } from './blob.ts'
import { bytePath, parseTree, serializeTree, textPath } from './tree.ts'

const entry = fc.record({
  mode: fc.constantFrom('100644', '100755', '100664', '120000', '160000', '40000', '040000'),
  name: fc.stringMatching(/^[^/\0\u0100-\uffff]{1,8}$/),
  id: fc.stringMatching(/^[0-9a-f]{40}$/),
})

it('every entry survives reading and writing a tree, byte for byte', () => {
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ({ name }) => name }), (entries) => {
      const bytes = serializeTree(entries)
      expect(serializeTree(parseTree(bytes))).toEqual(bytes)
      expect(new Set(parseTree(bytes))).toEqual(new Set(entries))
    }),
  )
})

it('directories are sorted as if their names ended in a slash, as git does', () => {
  const names = (entries: readonly [string, string][]) =>
    parseTree(serializeTree(entries.map(([mode, name]) => ({ mode, name, id: '0'.repeat(40) })))).map(
      ({ name }) => name,
    )
  expect(
    names([
      ['40000', 'a'],
      ['100644', 'a.b'],
      ['100644', 'a0'],
    ]),
  ).toEqual(['a.b', 'a', 'a0'])
  expect(
    names([
      ['100644', 'a'],
      ['100644', 'a.b'],
      ['100644', 'a0'],
    ]),
  ).toEqual(['a', 'a.b', 'a0'])
})

it('a tree that is cut off is not taken for a shorter one', () => {
  const bytes = serializeTree([{ mode: '100644', name: 'a', id: '1'.repeat(40) }])
  for (let length = 1; length < bytes.length; length++)
    expect(() => parseTree(bytes.subarray(0, length))).toThrow('a tree is broken')
})

it('paths go through bytes and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (path) => {
      expect(textPath(bytePath(path))).toBe(path)
    }),
  )
})

it('blob ids are git’s own', () => {
  expect(blobId('')).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')
  expect(blobId('größe\n')).toBe(blobId(Buffer.from('größe\n', 'utf8')))
  expect(objectId('tree', Buffer.alloc(0))).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904')
})
