import { createHash } from 'node:crypto'
import { RetryLater, Terminal } from '../domain/errors.ts'
import { indexPack, type PackLimits } from './packindex.ts'
import { BrokenAnswer, flushPacket, lineOf, packet, packets } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { Pack } from './objects.ts'
import type { GitRemote } from './remote.ts'

export interface FetchRequest {
  readonly url: string
  readonly capabilities: ReadonlySet<string>
  readonly want: string
  /** A commit that is here already; then only what is newer comes. */
  readonly have?: string
  /** Commits whose parents are not here. */
  readonly shallow?: readonly string[]
  /** Only that many commits back. */
  readonly depth?: number
  /** `blob:limit=…`, `blob:none`: asked for where the server offers it. */
  readonly filter?: string
  readonly limits: FetchLimits
}

export interface FetchLimits extends PackLimits {
  /** Of one answer. */
  readonly packBytes: number
}

export interface Fetched {
  readonly pack: Pack
  /** Commits whose parents were not sent. */
  readonly shallow: readonly string[]
  /** Whether the server left out what the filter names. */
  readonly filtered: boolean
}

/**
 * One round trip; `unknown` when the server does not know `have`. A server may offer filters and refuse this one (`uploadpackfilter.*`): then a second one, without.
 */
export async function fetchPack(remote: GitRemote, request: FetchRequest): Promise<Fetched | 'unknown'> {
  const filter = request.capabilities.has('filter') ? request.filter : undefined
  if (!request.capabilities.has('side-band-64k')) {
    throw new Terminal(`${placeOf(request.url)} speaks a git protocol without side-band-64k`, {
      fix: 'use a git host of this decade',
    })
  }
  try {
    return await exchange(remote, request, filter)
  } catch (error) {
    if (filter !== undefined && error instanceof ServerError) {
      return exchange(remote, request, undefined).catch((second: unknown) => rethrow(second, request))
    }
    return rethrow(error, request)
  }
}

/** The server itself says that it cannot. Its text stays out: hosts repeat what they were sent. */
class ServerError extends BrokenAnswer {}

async function exchange(remote: GitRemote, request: FetchRequest, filter: string | undefined): Promise<Fetched | 'unknown'> {
  const chunks = await remote.call({
    url: request.url,
    service: 'git-upload-pack',
    body: requestBody(request, filter),
    maxBytes: request.limits.packBytes,
  })
  const shallow: string[] = []
  const pack: Buffer[] = []
  let common = false
  for await (const payload of packets(chunks)) {
    const band = payload?.[0]
    if (payload === undefined || band === 2) continue
    if (band === 1) pack.push(payload.subarray(1))
    else if (band === 3) throw new ServerError('the server broke off')
    else {
      const line = lineOf(payload)
      if (line.startsWith('ERR ')) throw new ServerError('the server reports an error')
      if (line.startsWith('shallow ')) shallow.push(line.slice('shallow '.length))
      if (line.startsWith('ACK ')) common = true
      // The server forgot our commit (history was rewritten): the whole history would follow.
      if (line === 'NAK' && request.have !== undefined && !common) return 'unknown'
    }
  }
  return { pack: await indexed(Buffer.concat(pack), request), shallow, filtered: filter !== undefined }
}

/** https://git-scm.com/docs/gitprotocol-pack#_packfile_negotiation; `thin-pack` is left out, packs must stand alone. */
function requestBody(request: FetchRequest, filter: string | undefined): Buffer {
  const offered = request.capabilities
  const shallow = offered.has('shallow')
  const capabilities = [
    // Azure DevOps answers a later fetch only with multi_ack.
    ...['multi_ack_detailed', 'side-band-64k', 'ofs-delta', 'no-progress'].filter((name) => offered.has(name)),
    ...(filter === undefined ? [] : ['filter']),
    'agent=fairway',
  ]
  return Buffer.concat([
    packet(`want ${request.want} ${capabilities.join(' ')}\n`),
    ...(shallow ? (request.shallow ?? []).map((id) => packet(`shallow ${id}\n`)) : []),
    ...(shallow && request.depth !== undefined ? [packet(`deepen ${request.depth}\n`)] : []),
    ...(filter === undefined ? [] : [packet(`filter ${filter}\n`)]),
    flushPacket,
    ...(request.have === undefined ? [] : [packet(`have ${request.have}\n`)]),
    packet('done\n'),
  ])
}

/** A pack ends in the SHA-1 of everything before: what was cut off on the way is noticed here. */
async function indexed(pack: Buffer, request: FetchRequest): Promise<Pack> {
  const end = pack.length - 20
  if (end < 12 || !createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) {
    throw new BrokenAnswer('the pack is not complete')
  }
  return { pack, index: await indexPack(pack, request.limits, placeOf(request.url)) }
}

function rethrow(error: unknown, request: FetchRequest): never {
  if (!(error instanceof BrokenAnswer)) throw error
  throw new RetryLater(`${placeOf(request.url)} did not send ${request.want}: ${error.message}`, { cause: error })
}
