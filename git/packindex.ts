import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { Terminal } from '../domain/errors.ts'
import { objectId } from './blob.ts'
import { applyDelta, deltaResultSize, entryAt, inflateEntry, type PackEntry } from './packentry.ts'
import { BrokenAnswer } from './packetline.ts'

export interface PackLimits {
  /** Of one object, unpacked. */
  readonly objectBytes: number
  /** Of all objects, unpacked. */
  readonly unpackedBytes: number
}

/** GitHub accepts no file above 100 MiB; 4 GiB unpack in about 10 s. */
export const defaultPackLimits: PackLimits = { objectBytes: 100 * 1024 * 1024, unpackedBytes: 4 * 1024 ** 3 }

interface Indexed {
  readonly entry: PackEntry
  readonly end: number
  id?: string
  type?: NonNullable<PackEntry['type']>
}

/** Unpacked objects that are kept as bases of deltas. */
const cacheBytes = 64 * 1024 * 1024

/** Objects between two breaths, in which others of this process get their turn. */
const breath = 1000

/**
 * The index of a pack that stands alone, as `git index-pack` writes it (version 2). isomorphic-git's own takes seven
 * times as long, leaves out what it cannot resolve, and unpacks whatever it is sent: here a limit is Terminal, because
 * a few kilobytes may unpack to gigabytes.
 */
export async function indexPack(pack: Buffer, limits: PackLimits, place: string): Promise<Buffer> {
  if (pack.length < 32 || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new BrokenAnswer('the answer is not a pack')
  }
  assertSize(pack.length, 2 ** 31 - 1, place)
  const resolver = baseResolver(pack)
  let pending: Indexed[] = []
  let [position, unpacked] = [12, 0]
  for (let count = pack.readUInt32BE(8); count > 0; count--) {
    const entry = entryAt(pack, position)
    assertSize(entry.size, limits.objectBytes, place)
    const { content, end } = inflateEntry(pack, entry)
    const size = entry.type === undefined ? deltaResultSize(content) : entry.size
    assertSize(size, limits.objectBytes, place)
    unpacked += size
    assertSize(unpacked, limits.unpackedBytes, place)
    const indexed = { entry, end }
    if (!resolver.add(indexed, content)) pending.push(indexed)
    position = end
    if (count % breath === 0) await setImmediate()
  }
  // A delta may name an object that comes later; each round resolves at least one, or the pack does not stand alone.
  while (pending.length > 0) {
    const left = pending.filter((indexed) => !resolver.add(indexed, inflateEntry(pack, indexed.entry).content))
    if (left.length === pending.length) throw new BrokenAnswer('the pack lacks the base of a delta')
    pending = left
  }
  return serialize(pack, resolver.all())
}

/** Finds out what each object is. Bases are kept while there is room, and unpacked again after that. */
function baseResolver(pack: Buffer) {
  const byOffset = new Map<number, Indexed>()
  const byId = new Map<string, Indexed>()
  const contents = new Map<number, Buffer>()
  let kept = 0

  function keep(offset: number, content: Buffer): void {
    if (content.length > cacheBytes / 4 || contents.has(offset)) return
    contents.set(offset, content)
    kept += content.length
    for (const [oldest, bytes] of contents) {
      if (kept <= cacheBytes) break
      contents.delete(oldest)
      kept -= bytes.length
    }
  }

  function baseOf({ base }: PackEntry): Indexed | undefined {
    return typeof base === 'number' ? byOffset.get(base) : byId.get(base ?? '')
  }

  /** Without recursion: a hostile chain of deltas may be as long as the pack. */
  function contentOf(indexed: Indexed): Buffer {
    const chain: PackEntry[] = []
    let current: Indexed | undefined = indexed
    while (current && current.entry.type === undefined && !contents.has(current.entry.offset)) {
      chain.push(current.entry)
      current = baseOf(current.entry)
    }
    if (current === undefined) throw new BrokenAnswer('the pack lacks the base of a delta')
    let content = contents.get(current.entry.offset) ?? inflateEntry(pack, current.entry).content
    for (const entry of chain.toReversed()) content = applyDelta(content, inflateEntry(pack, entry).content)
    keep(indexed.entry.offset, content)
    return content
  }

  return {
    /** False when it is a delta whose base is not known yet. */
    add(indexed: Indexed, unpacked: Buffer): boolean {
      const { entry } = indexed
      byOffset.set(entry.offset, indexed)
      const base = entry.type === undefined ? baseOf(entry) : undefined
      const type = entry.type ?? base?.type
      if (type === undefined) return false
      const content = base === undefined ? unpacked : applyDelta(contentOf(base), unpacked)
      indexed.type = type
      indexed.id = objectId(type, content)
      byId.set(indexed.id, indexed)
      keep(entry.offset, content)
      return true
    },
    all: () => [...byOffset.values()],
  }
}

/** https://git-scm.com/docs/gitformat-pack#_version_2_pack_idx_files_support_packs_larger_than_4_gib_and */
function serialize(pack: Buffer, objects: readonly Indexed[]): Buffer {
  const sorted = objects
    .map(({ entry, end, id = '' }) => ({ id, offset: entry.offset, crc: crc32(pack.subarray(entry.offset, end)) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const words = (values: readonly number[]) => {
    const bytes = Buffer.alloc(values.length * 4)
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
    return bytes
  }
  const counts = Array.from({ length: 256 }, () => 0)
  for (const { id } of sorted) {
    const first = Number.parseInt(id.slice(0, 2), 16)
    counts[first] = (counts[first] ?? 0) + 1
  }
  let total = 0
  const fanout = counts.map((count) => (total += count))
  const index = Buffer.concat([
    Buffer.from('ff744f6300000002', 'hex'),
    words(fanout),
    Buffer.from(sorted.map(({ id }) => id).join(''), 'hex'),
    words(sorted.map(({ crc }) => crc)),
    words(sorted.map(({ offset }) => offset)),
    pack.subarray(-20),
  ])
  return Buffer.concat([index, createHash('sha1').update(index).digest()])
}

function assertSize(size: number, limit: number, place: string): void {
  if (size <= limit) return
  throw new Terminal(`${place} holds content that unpacks to more than ${limit} bytes`, {
    fix: 'take large files out of the repository (Git LFS), or raise the limit of the installation',
  })
}
