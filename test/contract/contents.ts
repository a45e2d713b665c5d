import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { Contents } from '../../domain/handover.ts'
import { sha256 } from '../../domain/hash.ts'

export interface OpenedContents {
  readonly contents: Contents
  /** Somebody changes what lies there. */
  readonly overwrite: (hash: string, text: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** What every content-addressed storage holds. */
export function contentsContract(name: string, open: () => Promise<OpenedContents>): void {
  describe(`contents, ${name}`, () => {
    let opened: OpenedContents
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    it('what was put is found under its hash, byte for byte', async () => {
      const { contents } = opened
      for (const text of ['{"a":1}', '', 'größe: ∞\r\n\u2028', 'x'.repeat(3_000_000)]) {
        const hash = await contents.put(text)
        expect(hash).toBe(sha256(text))
        expect((await contents.get(hash)) === text).toBe(true)
      }
    })

    it('what is not there is undefined, as is what nobody can have put', async () => {
      expect(await opened.contents.get(sha256('nobody put this'))).toBeUndefined()
      for (const name of ['', '../secrets', sha256('x').toUpperCase(), `${sha256('x')}/..`]) {
        expect(await opened.contents.get(name)).toBeUndefined()
      }
    })

    it('the same may be put again, by several at once', async () => {
      const { contents } = opened
      const hashes = await Promise.all(Array.from({ length: 8 }, () => contents.put('the same')))
      expect(new Set(hashes).size).toBe(1)
      expect(await contents.get(hashes[0] ?? '')).toBe('the same')
    })

    it('what was changed where it lies is not worked with, until it is put again', async () => {
      const { contents, overwrite } = opened
      const hash = await contents.put('what was rendered')
      await overwrite(hash, 'what was rend')
      await expect(contents.get(hash)).rejects.toBeInstanceOf(RetryLater)
      await contents.put('what was rendered')
      expect(await contents.get(hash)).toBe('what was rendered')
    })
  })
}
