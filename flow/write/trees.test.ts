import { describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { OwnedTree } from '../../domain/git.ts'
import { parseTrees, serializeTrees } from './trees.ts'

const tree = (owner: string, files: readonly (readonly [string, string])[], paths: readonly string[] = ['m', 'a']) =>
  ({ owner, paths, files: new Map(files) }) satisfies OwnedTree

describe('trees in storage', () => {
  it('equal trees have equal texts, in whatever order trees, paths and files were made', () => {
    const one = [tree('s/b', [['m/y', '2'], ['m/x', '1']], ['m', 'a']), tree('s/a', [])] // prettier-ignore
    const other = [tree('s/a', [], ['a', 'm']), tree('s/b', [['m/x', '1'], ['m/y', '2']], ['a', 'm'])] // prettier-ignore
    expect(serializeTrees(one)).toBe(serializeTrees(other))
  })

  it('different trees have different texts', () => {
    const texts = [
      [tree('s/a', [['m/x', '1']])],
      [tree('s/a', [['m/x', '2']])],
      [tree('s/b', [['m/x', '1']])],
      [tree('s/a', [['m/x', '1']], ['m'])],
      [tree('s/a', [])],
      [],
    ].map(serializeTrees)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('come back as they were, with any name and any text', () => {
    const files = [
      ['m/__proto__', 'a'],
      ['m/größe.yaml', 'größe: ∞\n\u2028'],
      ['m/empty', ''],
    ] as const
    const [back] = parseTrees(serializeTrees([tree('s/a', files)]))
    expect(back).toEqual({ owner: 's/a', paths: ['a', 'm'], files: new Map([files[0], files[2], files[1]]) })
    expect(back?.files).toBeInstanceOf(Map)
  })

  it.each([
    ['no JSON', '{'],
    ['something else', '{"owner": "s/a"}'],
    ['a file twice', JSON.stringify([{ owner: 's/a', paths: ['m'], files: [['m/x', '1'], ['m/x', '2']] }])], // prettier-ignore
    ['a content that is no text', JSON.stringify([{ owner: 's/a', paths: ['m'], files: [['m/x', 1]] }])],
    ['a member that nobody knows', JSON.stringify([{ owner: 's/a', paths: ['m'], files: [], mode: '100755' }])],
  ])('%s is refused', (_, text) => {
    expect(() => parseTrees(text)).toThrow(Terminal)
  })
})
