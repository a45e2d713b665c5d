import { createHash } from 'node:crypto'
import { RetryLater, Terminal } from '../domain/errors.ts'
import type { Pack } from './objects.ts'
import { indexPack, type PackLimits } from './packindex.ts'
import { BrokenAnswer, flushPacket, lineOf, packet, packets } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'

export interface FetchRequest {
  readonly url: string
  readonly capabilities: ReadonlySet<string>
  readonly want: string
  /** `blob:limit=…`, `blob:none`: asked for where the server offers filters. */
  readonly filter: string
  readonly limits: FetchLimits
}

export interface FetchLimits extends PackLimits {
  /** Of one answer. */
  readonly packBytes: number
}

export interface FetchedHead extends Pack {
  /** Commits whose parents were not sent. */
  readonly shallow: readonly string[]
  /** Whether the server left out what the filter names. */
  readonly filtered: boolean
}

/** What is here already. */
export interface Known {
  readonly commit: string
  /** Commits whose parents are not here. */
  readonly shallow: readonly string[]
}

/** One commit and what it holds, without history. One round trip. */
export async function fetchHead(remote: GitRemote, request: FetchRequest): Promise<FetchedHead> {
  return withFilter(remote, request, undefined, async ({ pack, shallow, filtered }) => ({
    ...(await indexed(pack, request)),
    shallow,
    filtered,
  }))
}

/**
 * What is new since a commit; undefined when the server does not know that commit. One round trip. Without depth:
 * with it, the server sends every tree again.
 */
export async function fetchSince(remote: GitRemote, request: FetchRequest, known: Known): Promise<Pack | undefined> {
  return withFilter(remote, request, known, async ({ pack, common }) => (common ? indexed(pack, request) : undefined))
}

/** The server itself says that it cannot. Its text stays out: hosts repeat what they were sent. */
class ServerError extends BrokenAnswer {}

/** A server may offer filters and refuse this one (`uploadpackfilter.*`): then once more, without. */
async function withFilter<Result>(
  remote: GitRemote,
  request: FetchRequest,
  known: Known | undefined,
  use: (received: Received) => Promise<Result>,
): Promise<Result> {
  if (!request.capabilities.has('side-band-64k')) {
    throw new Terminal(`${placeOf(request.url)} speaks a git protocol without side-band-64k`, {
      fix: 'use a git host of this decade',
    })
  }
  const offered = request.capabilities.has('filter')
  try {
    return await use(
      await exchange(remote, request, known, offered).catch((error: unknown) => {
        if (offered && error instanceof ServerError) return exchange(remote, request, known, false)
        throw error
      }),
    )
  } catch (error) {
    if (!(error instanceof BrokenAnswer)) throw error
    throw new RetryLater(`${placeOf(request.url)} did not send ${request.want}: ${error.message}`, { cause: error })
  }
}

interface Received {
  readonly pack: Buffer
  readonly shallow: readonly string[]
  /** Whether the server knows the commit that is here. */
  readonly common: boolean
  readonly filtered: boolean
}

async function exchange(
  remote: GitRemote,
  request: FetchRequest,
  known: Known | undefined,
  filtered: boolean,
): Promise<Received> {
  const chunks = await remote.call({
    url: request.url,
    service: 'git-upload-pack',
    body: requestBody(request, known, filtered),
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
      if (line === 'NAK' && known && !common) break
    }
  }
  return { pack: Buffer.concat(pack), shallow, common, filtered }
}

/** https://git-scm.com/docs/gitprotocol-pack#_packfile_negotiation; `thin-pack` is left out, packs must stand alone. */
function requestBody(request: FetchRequest, known: Known | undefined, filtered: boolean): Buffer {
  const offered = request.capabilities
  const shallow = offered.has('shallow')
  const capabilities = [
    // Azure DevOps answers a later fetch only with multi_ack.
    ...['multi_ack_detailed', 'side-band-64k', 'ofs-delta', 'no-progress'].filter((name) => offered.has(name)),
    ...(filtered ? ['filter'] : []),
    'agent=fairway',
  ]
  return Buffer.concat([
    packet(`want ${request.want} ${capabilities.join(' ')}\n`),
    ...(shallow ? (known?.shallow ?? []).map((id) => packet(`shallow ${id}\n`)) : []),
    ...(shallow && !known ? [packet('deepen 1\n')] : []),
    ...(filtered ? [packet(`filter ${request.filter}\n`)] : []),
    flushPacket,
    ...(known ? [packet(`have ${known.commit}\n`)] : []),
    packet('done\n'),
  ])
}

/** A pack ends in the SHA-1 of everything before: what was cut off on the way is noticed here. */
async function indexed(pack: Buffer, request: FetchRequest): Promise<Pack> {
  const end = Math.max(pack.length - 20, 0)
  if (!createHash('sha1').update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) {
    throw new BrokenAnswer('the pack is not complete')
  }
  return { pack, index: await indexPack(pack, request.limits, placeOf(request.url)) }
}
