import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isFairwayError, Terminal } from '../domain/errors.ts'
import { git } from '../test/contract/gitnative.ts'
import { blobId } from './blob.ts'
import { BrokenAnswer } from './packetline.ts'
import { applyDelta } from './packentry.ts'
import { defaultPackLimits, indexPack } from './packindex.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-pack-'))
  await git(directory, ['init', '--quiet', '.'])
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const index = (pack: Buffer, limits = {}) => indexPack(pack, { ...defaultPackLimits, ...limits }, 'here')

/** Versions of large files that differ little, so that git makes chains of deltas of blobs and trees. */
async function nativePack(...options: readonly string[]): Promise<Buffer> {
  const lines = Array.from({ length: 3000 }, () => randomBytes(9).toString('base64'))
  for (let round = 0; round < 12; round++) {
    lines[round * 200] = `changed ${round}`
    await writeFile(join(directory, `file${round}`), lines.join('\n'))
    await writeFile(join(directory, 'same'), `${lines.slice(round).join('\n')} ${round}`)
    await git(directory, ['add', '.'])
    await git(directory, ['commit', '--quiet', '-m', `round ${round}`])
  }
  await git(directory, ['tag', '-a', 'v1', '-m', 'a tag is an object, too'])
  return git(directory, ['pack-objects', '--stdout', '--all', '--revs', '--depth=30', ...options], '')
}

it.each([['--delta-base-offset'], ['--no-reuse-delta'], ['--window=0'], ['--compression=0']])(
  'the index is byte for byte the one that git makes (%s)',
  async (option) => {
    const pack = await nativePack(option)
    await writeFile(join(directory, 'x.pack'), pack)
    await git(directory, ['index-pack', 'x.pack'])
    expect((await index(pack)).equals(await readFile(join(directory, 'x.idx')))).toBe(true)
  },
)

it('a pack without objects has an index, too', async () => {
  const pack = await git(directory, ['pack-objects', '--stdout'], '')
  expect((await index(pack)).length).toBe(8 + 256 * 4 + 40)
})

it('a pack that is cut off or damaged is broken, whatever is left of it, and never more', async () => {
  const pack = await nativePack('--delta-base-offset')
  await fc.assert(
    fc.asyncProperty(fc.nat(pack.length - 1), fc.nat(255), fc.boolean(), async (position, value, cut) => {
      const damaged = cut ? pack.subarray(0, position) : Buffer.from(pack)
      if (!cut) damaged[position] = value
      const result: unknown = await index(damaged).catch((error: unknown) => error)
      expect(Buffer.isBuffer(result) || result instanceof BrokenAnswer || isFairwayError(result)).toBe(true)
      expect(cut && Buffer.isBuffer(result) && position < pack.length - 20).toBe(false)
    }),
    { numRuns: 150 },
  )
})

it('a delta whose base never comes is broken, and one whose base comes later is not', async () => {
  const base = Buffer.from('the base of a delta')
  const delta = Buffer.from([base.length, base.length + 1, 0x91, 0, base.length, 1, 0x21])
  const reference = Buffer.concat([header(7, delta.length), Buffer.from(blobId(base), 'hex'), deflateSync(delta)])
  const whole = Buffer.concat([header(3, base.length), deflateSync(base)])
  await expect(index(packOf(reference))).rejects.toBeInstanceOf(BrokenAnswer)
  const pack = packOf(reference, whole)
  await writeFile(join(directory, 'y.pack'), pack)
  await git(directory, ['index-pack', 'y.pack'])
  expect((await index(pack)).equals(await readFile(join(directory, 'y.idx')))).toBe(true)
})

it('few bytes that unpack to many are Terminal: one object, all objects, and what a delta makes', async () => {
  const zeros = Buffer.alloc(5_000_000)
  const entry = Buffer.concat([header(3, zeros.length), deflateSync(zeros)])
  await expect(index(packOf(entry), { objectBytes: 4_000_000 })).rejects.toBeInstanceOf(Terminal)
  await expect(index(packOf(entry, entry), { unpackedBytes: 9_000_000 })).rejects.toBeInstanceOf(Terminal)
  // A delta of 9 bytes that declares a result of 256 MiB.
  const delta = Buffer.from([1, 0x80, 0x80, 0x80, 0x80, 0x01, 1, 0x41])
  const small = Buffer.concat([header(3, 1), deflateSync(Buffer.from('A'))])
  const bomb = Buffer.concat([header(6, delta.length), Buffer.from([small.length]), deflateSync(delta)])
  await expect(index(packOf(small, bomb))).rejects.toBeInstanceOf(Terminal)
})

it('an object that declares less than it unpacks to is broken, not unpacked', async () => {
  const entry = Buffer.concat([header(3, 10), deflateSync(Buffer.alloc(50_000_000))])
  await expect(index(packOf(entry))).rejects.toMatchObject({
    name: 'BrokenAnswer',
    cause: { code: 'ERR_BUFFER_TOO_LARGE' },
  })
})

it('a delta cannot read or write outside of its objects', () => {
  const base = Buffer.from('0123456789')
  const delta = (...code: number[]) => Buffer.from([10, 4, ...code])
  expect(applyDelta(base, delta(0x91, 2, 4)).toString()).toBe('2345')
  expect(applyDelta(base, delta(2, 0x41, 0x42, 0x91, 0, 2)).toString()).toBe('AB01')
  for (const code of [
    [0x91, 8, 4],
    [0x91, 8, 4, 2, 0x41, 0x42],
    [0x91, 0, 5],
    [0x91, 0, 3],
    [0],
    [4, 0x41],
    [5, 1, 2, 3, 4, 5],
    [0x80],
    [0x91],
  ]) {
    expect(() => applyDelta(base, delta(...code))).toThrow(BrokenAnswer)
  }
  // A size of 0 stands for 65,536.
  const large = randomBytes(70_000)
  const copied = applyDelta(large, Buffer.from([0xf0, 0xa2, 0x04, 0x80, 0x80, 0x04, 0x81, 0x05]))
  expect(copied.equals(large.subarray(5, 65_541))).toBe(true)
  expect(() => applyDelta(Buffer.from('other'), delta(0x91, 2, 4))).toThrow(BrokenAnswer)
})

function header(type: number, size: number): Buffer {
  const groups = [size & 15]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) groups.push(rest & 127)
  const more = (index: number) => (index < groups.length - 1 ? 128 : 0)
  return Buffer.from(groups.map((group, index) => more(index) | group | (index === 0 ? type << 4 : 0)))
}

function packOf(...entries: readonly Buffer[]): Buffer {
  const start = Buffer.concat([Buffer.from('PACK'), Buffer.from([0, 0, 0, 2, 0, 0, 0, entries.length]), ...entries])
  return Buffer.concat([start, createHash('sha1').update(start).digest()])
}
