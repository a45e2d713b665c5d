/** Git's framing: https://git-scm.com/docs/gitprotocol-common#_pkt_line_format */

export const flushPacket = Buffer.from('0000')

/** 65,520 bytes with the length itself; longer lines are refused by git. */
const maxPacket = 65_520

/** The answer is not what the protocol says, or it ended early. Never leaves `git/`: callers add the place. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer'
}

export function packet(line: string): Buffer {
  const payload = Buffer.from(line, 'utf8')
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload])
}

/** The packets of a stream; `undefined` for a flush. */
export async function* packets(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let position = 0
    for (;;) {
      const length = packetLength(rest, position)
      if (length === undefined || (length > 0 && rest.length < position + length)) break
      yield length === 0 ? undefined : rest.subarray(position + 4, position + length)
      position += Math.max(length, 4)
    }
    rest = rest.subarray(position)
  }
  if (rest.length > 0) throw new BrokenAnswer('the answer ends inside a packet')
}

/** A line as text, without the line feed that git may or may not send. */
export function lineOf(payload: Buffer): string {
  return payload.toString('utf8').replace(/\n$/, '')
}

/** 0 for a flush; undefined when the length itself has not arrived. */
function packetLength(buffer: Buffer, position: number): number | undefined {
  if (buffer.length < position + 4) return undefined
  const digits = buffer.toString('latin1', position, position + 4)
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new BrokenAnswer('the answer is not made of packets')
  const length = Number.parseInt(digits, 16)
  if (length === 0) return 0
  if (length < 4 || length > maxPacket) throw new BrokenAnswer('a packet has an impossible length')
  return length
}
