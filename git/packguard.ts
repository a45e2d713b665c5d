import { inflateSync } from 'node:zlib'
import { Terminal } from '../domain/errors.ts'
import { BrokenAnswer } from './packetline.ts'

export interface PackLimits {
  /** Of one object, unpacked. */
  readonly objectBytes: number
  /** Of all objects, unpacked. */
  readonly unpackedBytes: number
}

/** An object larger than this cannot be pushed to GitHub; 4 GiB unpack in about 10 s. */
export const defaultPackLimits: PackLimits = { objectBytes: 100 * 1024 * 1024, unpackedBytes: 4 * 1024 ** 3 }

/**
 * Walks a pack before anything keeps its objects in memory: a few kilobytes may unpack to gigabytes. Throws
 * Terminal beyond a limit. Format: https://git-scm.com/docs/gitformat-pack
 */
export function checkPack(pack: Buffer, limits: PackLimits, place: string): void {
  if (pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw new BrokenAnswer('the answer is not a pack')
  }
  let position = 12
  let total = 0
  for (let remaining = pack.readUInt32BE(8); remaining > 0; remaining--) {
    const header = objectHeader(pack, position)
    assertSize(header.size, limits.objectBytes, place)
    const { content, consumed } = inflate(pack.subarray(header.data), header.size)
    const result = header.delta ? deltaResultSize(content) : header.size
    assertSize(result, limits.objectBytes, place)
    total += result
    assertSize(total, limits.unpackedBytes, place)
    position = header.data + consumed
  }
}

function objectHeader(pack: Buffer, start: number): { size: number; delta: boolean; data: number } {
  let position = start
  let byte = at(pack, position++)
  const type = (byte >> 4) & 7
  let size = byte & 15
  for (let factor = 16; byte & 128; factor *= 128) {
    byte = at(pack, position++)
    size += (byte & 127) * factor
  }
  if (type === 6) while (at(pack, position++) & 128);
  if (type === 7) position += 20
  return { size, delta: type === 6 || type === 7, data: position }
}

function inflate(compressed: Buffer, size: number): { content: Buffer; consumed: number } {
  try {
    // zlib refuses to go beyond the size that the header declares, and says how many bytes it took.
    const result: unknown = inflateSync(compressed, { info: true, maxOutputLength: Math.max(size, 1) })
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
    if (buffer.length !== size) throw new BrokenAnswer('an object has another size than it says')
    return { content: buffer, consumed: engine.bytesWritten }
  } catch (error) {
    if (error instanceof BrokenAnswer) throw error
    throw new BrokenAnswer('an object cannot be unpacked', { cause: error })
  }
}

/** A delta begins with the sizes of its base and of its result. */
function deltaResultSize(delta: Buffer): number {
  let position = 0
  while (at(delta, position++) & 128);
  let size = 0
  let byte: number
  let factor = 1
  do {
    byte = at(delta, position++)
    size += (byte & 127) * factor
    factor *= 128
  } while (byte & 128)
  return size
}

function at(bytes: Buffer, position: number): number {
  const byte = bytes[position]
  if (byte === undefined) throw new BrokenAnswer('the pack ends early')
  return byte
}

function assertSize(size: number, limit: number, place: string): void {
  if (size <= limit) return
  throw new Terminal(`${place} holds content that unpacks to more than ${limit} bytes`, {
    fix: 'take large files out of the repository (Git LFS), or raise the limit of the installation',
  })
}
