import { RetryLater } from '../domain/errors.ts'
import { BrokenAnswer, flushPacket, lineOf, packet, packets } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'

export interface PushRequest {
  readonly url: string
  /** Full: `refs/heads/main`. */
  readonly ref: string
  /** The compare of compare-and-swap; the zero id for a branch that does not exist. */
  readonly old: string
  readonly new: string
  readonly pack: Uint8Array
}

export type PushAnswer =
  | { readonly outcome: 'applied' }
  /** A rule of the host says no: trying again cannot help. */
  | { readonly outcome: 'declined'; readonly reason: string }
  /** The branch moved, or its lock was taken: look again. */
  | { readonly outcome: 'rejected'; readonly reason: string }

/** A report is a few hundred bytes. */
const maxBytes = 1024 * 1024

/**
 * One round trip. Never forces: the server compares `old` with the branch. RetryLater means that nobody knows
 * whether it was applied.
 */
export async function push(remote: GitRemote, request: PushRequest): Promise<PushAnswer> {
  const chunks = await remote.call({
    url: request.url,
    service: 'git-receive-pack',
    body: Buffer.concat([
      packet(`${request.old} ${request.new} ${request.ref}\0report-status agent=fairway\n`),
      flushPacket,
      request.pack,
    ]),
    maxBytes,
  })
  try {
    const lines: string[] = []
    for await (const payload of packets(chunks)) if (payload !== undefined) lines.push(lineOf(payload))
    return parseReport(lines, request.ref)
  } catch (error) {
    if (!(error instanceof BrokenAnswer)) throw error
    throw new RetryLater(`${placeOf(request.url)} did not report on the push: ${error.message}`, { cause: error })
  }
}

/** https://git-scm.com/docs/gitprotocol-pack#_report_status: a rejection comes with HTTP 200, too. */
function parseReport(lines: readonly string[], ref: string): PushAnswer {
  const unpack = lines.find((line) => line.startsWith('unpack '))?.slice('unpack '.length)
  if (unpack === undefined) throw new BrokenAnswer('no report')
  const refusal = lines.find((line) => line === `ng ${ref}` || line.startsWith(`ng ${ref} `))
  if (refusal !== undefined) {
    const reason = printable(refusal.slice(`ng ${ref} `.length))
    return unpack === 'ok' && isRule(reason) ? { outcome: 'declined', reason } : { outcome: 'rejected', reason }
  }
  if (unpack !== 'ok') return { outcome: 'rejected', reason: printable(unpack) }
  if (lines.includes(`ok ${ref}`)) return { outcome: 'applied' }
  throw new BrokenAnswer('the report does not name the branch')
}

/**
 * Words of git, GitHub, GitLab, Gitea and Bitbucket for hooks and protected branches. What is not recognised is
 * tried again, and ends as RetryLater with the reason in it.
 */
function isRule(reason: string): boolean {
  return /hook|declin|protected|prohibit|denied|den(y|ied)|not allowed|violation|currently checked out|read.?only|archived/i.test(
    reason,
  )
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 200)
}
