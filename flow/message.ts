import type { CommitRequest } from '../domain/git.ts'

export interface CommitSubject {
  /** `policy-admin/quotes`, or a system. */
  readonly resource: string
  readonly reason: string
  /** Name of the execution: with the resource it finds a commit again whose answer was lost. */
  readonly execution: string
  readonly generation: number
  readonly clusters: readonly string[]
  /** Tags (or digests) that are new on the branch. */
  readonly images: readonly string[]
  readonly removes?: 'application' | 'everything'
}

/** Where most tools cut a first line; `CommitRequest` asks for it. */
const subjectLength = 72

/** A trailer is for finding and for auditing, not for prose. */
const trailerLength = 200

/**
 * First line and trailers of a commit; pure, so that a commit which is tried again is the same commit. Names that
 * do not fit the first line stand in full in the trailers.
 */
export function commitMessage(subject: CommitSubject): Pick<CommitRequest, 'subject' | 'trailers'> {
  return {
    subject: firstLine(subject),
    trailers: [
      ['Fairway-Resource', oneLine(subject.resource)],
      ['Fairway-Reason', oneLine(subject.reason)],
      ['Fairway-Execution', oneLine(subject.execution)],
      ['Fairway-Generation', String(subject.generation)],
    ],
  }
}

/** The longest of the wordings that fits. */
function firstLine(subject: CommitSubject): string {
  const name = oneLine(subject.resource)
  const wordings = [subject.clusters.join(', '), `${subject.clusters.length} clusters`].map(
    (clusters) => `${name}: ${what(subject, clusters)}`,
  )
  const [full = '', short = full] = wordings.map(oneLine)
  if (full.length <= subjectLength) return full
  return cut(subject.clusters.length > 1 ? short : full, subjectLength)
}

function what({ images, removes }: CommitSubject, clusters: string): string {
  if (removes === 'application') return `withdraw from ${clusters}`
  if (removes === 'everything') return `remove from ${clusters}`
  return images.length > 0 ? `deploy ${images.join(', ')} to ${clusters}` : `update in ${clusters}`
}

/** A line break in a reason would let its writer forge a trailer. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return cut(line, trailerLength)
}

/** By code points, so that no character is cut in half. */
function cut(text: string, length: number): string {
  const characters = Array.from(text)
  if (characters.length <= length) return text
  return `${characters
    .slice(0, length - 1)
    .join('')
    .trimEnd()}…`
}
