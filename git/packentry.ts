import { inflateSync } from 'node:zlib'
import { BrokenAnswer } from './packetline.ts'

/** One object of a pack: https://git-scm.com/docs/gitformat-pack */
export interface PackEntry {
  readonly offset: number
  /** Undefined for a delta, which is of its base's type. */
  readonly type: 'commit' | 'tree' | 'blob' | 'tag' | undefined
  /** What a delta is applied to: the entry at an offset, or the object with an id. */
  readonly base: number | string | undefined
  /** Of the content unpacked; for a delta, of the delta. */
  readonly size: number
  /** Where the compressed content begins. */
  readonly data: number
}

const types = new Map([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
] as const)

const [offsetDelta, referenceDelta] = [6, 7]

export function entryAt(pack: Buffer, offset: number): PackEntry {
  let position = offset
  let byte = byteAt(pack, position++)
  const code = (byte >> 4) & 7
  let size = byte & 15
  for (let factor = 16; byte & 128; factor *= 128) {
    byte = byteAt(pack, position++)
    size += (byte & 127) * factor
  }
  const type = types.get(code as 1)
  if (type !== undefined) return { offset, type, base: undefined, size, data: position }
  if (code === referenceDelta) {
    const base = pack.toString('hex', position, position + 20)
    return { offset, type, base, size, data: position + 20 }
  }
  if (code !== offsetDelta) throw new BrokenAnswer('the pack holds an object of no known type')
  const { value, end } = distanceAt(pack, position)
  return { offset, type, base: offset - value, size, data: end }
}

/** Never unpacks more than the entry declares. `end` is where the next entry begins. */
export function inflateEntry(pack: Buffer, entry: PackEntry): { readonly content: Buffer; readonly end: number } {
  try {
    const limit = Math.max(entry.size, 1)
    const result: unknown = inflateSync(pack.subarray(entry.data), {
      info: true,
      maxOutputLength: limit,
      chunkSize: Math.min(Math.max(limit, 64), 1024 * 1024),
    })
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
    if (buffer.length !== entry.size) throw new BrokenAnswer('an object has another size than it says')
    return { content: buffer, end: entry.data + engine.bytesWritten }
  } catch (error) {
    if (error instanceof BrokenAnswer) throw error
    throw new BrokenAnswer('an object cannot be unpacked', { cause: error })
  }
}

/** A delta begins with the sizes of its base and of its result. */
export function deltaResultSize(delta: Buffer): number {
  return sizeAt(delta, sizeAt(delta, 0).end).value
}

export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const from = sizeAt(delta, 0)
  const to = sizeAt(delta, from.end)
  if (from.value !== base.length) throw new BrokenAnswer('a delta belongs to another object')
  const result = Buffer.alloc(to.value)
  let written = 0
  let position = to.end
  while (position < delta.length) {
    const code = byteAt(delta, position++)
    const copy =
      code & 128 ? copyAt(delta, position, code) : { from: delta, start: position, size: code, end: position + code }
    const source = copy.from ?? base
    if (copy.size === 0 || copy.start + copy.size > source.length || written + copy.size > result.length) {
      throw new BrokenAnswer('a delta leads outside of its object')
    }
    written += source.copy(result, written, copy.start, copy.start + copy.size)
    position = copy.end
  }
  if (written !== result.length) throw new BrokenAnswer('a delta is not complete')
  return result
}

/** The code's bits say which bytes of offset and size follow. */
function copyAt(delta: Buffer, start: number, code: number) {
  let position = start
  const bytes = [1, 2, 4, 8, 16, 32, 64].map((bit) => (code & bit ? byteAt(delta, position++) : 0))
  const [o0 = 0, o1 = 0, o2 = 0, o3 = 0, s0 = 0, s1 = 0, s2 = 0] = bytes
  const size = s0 + s1 * 2 ** 8 + s2 * 2 ** 16
  return {
    from: undefined,
    start: o0 + o1 * 2 ** 8 + o2 * 2 ** 16 + o3 * 2 ** 24,
    size: size === 0 ? 65_536 : size,
    end: position,
  }
}

function sizeAt(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let position = start
  let value = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = byteAt(bytes, position++)
    value += (byte & 127) * factor
    if (!(byte & 128)) return { value, end: position }
  }
}

/** The distance to a base: each further byte adds one, so that no distance can be written in two ways. */
function distanceAt(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let position = start
  let byte = byteAt(bytes, position++)
  let value = byte & 127
  while (byte & 128) {
    byte = byteAt(bytes, position++)
    value = (value + 1) * 128 + (byte & 127)
  }
  return { value, end: position }
}

function byteAt(bytes: Buffer, position: number): number {
  const byte = bytes[position]
  if (byte === undefined) throw new BrokenAnswer('the pack ends early')
  return byte
}
