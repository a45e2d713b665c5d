import type { Clock } from '../domain/effects.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter, CommitRequest, OwnedTree } from '../domain/git.ts'
import type { Change, Changes, Contents, WriterQueue } from '../domain/handover.ts'
import { specHash } from '../domain/hash.ts'
import { isUnder } from '../domain/paths.ts'
import type { Status } from '../domain/records.ts'
import type { Ref } from '../domain/store.ts'
import { serializeTrees } from './write/trees.ts'

/** The way of what was rendered to the repository's one writer; where the branch has it already, nothing is written. */

export interface PreparePorts {
  readonly writer: Pick<ClusterRepositoryWriter, 'list'>
  readonly contents: Pick<Contents, 'put'>
  readonly changes: Changes
  /** Git's id of a file with this text. */
  readonly blobId: (text: string) => string
}

/** What the state machine carries between the two calls: names and a content address, never manifests. */
export type HandedOver = Pick<
  Change,
  'id' | 'target' | 'content' | 'files' | 'bytes' | 'subject' | 'trailers' | 'answer'
>

export type Prepared<Answer> =
  | (Answer & {
      readonly ready: true
      readonly result: 'unchanged' | 'skipped'
      readonly files: 0
      readonly commit?: string
    })
  | { readonly ready: false; readonly change: HandedOver }

/** One repository's part of an execution: the same again when a call is repeated. */
export interface Work {
  readonly id: string
  readonly target: ClusterRepositoryTarget
}

export function workOf(
  execution: string,
  part: string,
  { url, branch }: ClusterRepositoryTarget & { readonly clusters?: unknown },
): Work {
  const target = { url, branch }
  return { id: `${execution}/${part}/${specHash(target)}`, target }
}

/**
 * True while the writer may still commit what an earlier round of this execution handed over. Asked before the branch
 * is listed: what it has done by then is on the branch, and of what it has not done the answer would know nothing.
 */
export async function isWaiting(changes: Changes, { id }: Work): Promise<boolean> {
  return (await changes.get([id])).length > 0
}

export async function prepare<Answer extends object>(
  ports: PreparePorts,
  work: Work & {
    readonly trees: readonly OwnedTree[]
    readonly message: Pick<CommitRequest, 'subject' | 'trailers'>
    readonly answer: Answer
    /** Path to blob id, of everything under the trees' paths. */
    readonly there: ReadonlyMap<string, string>
    /** What is answered when the branch has it already; absent: the writer shall say which commit it is. */
    readonly unchanged?: { readonly commit?: string }
    /** Of `isWaiting`; where a repetition can do no harm it is not asked. */
    readonly waiting?: boolean
  },
): Promise<Prepared<Answer>> {
  const { files, bytes } = difference(work.trees, work.there, ports.blobId)
  if (files === 0 && work.unchanged !== undefined && !work.waiting) {
    return { ...work.answer, ...work.unchanged, ready: true, result: 'unchanged', files: 0 }
  }
  const content = await ports.contents.put(serializeTrees(work.trees))
  const { id, target, message, answer } = work
  // Strings, numbers and lists of them, as all that a state machine carries.
  const carried = answer as unknown as Change['answer']
  return { ready: false, change: { id, target, content, files, bytes, ...message, answer: carried } }
}

/** Where each of these clusters has its commit on record, nobody has to be asked for it. */
export function whatIsOnRecord(
  { placements }: Pick<Status, 'placements'>,
  clusters: readonly string[],
): { readonly unchanged?: { readonly commit: string } } {
  const commits = clusters.map((cluster) => placements[cluster]?.commit)
  const [commit] = commits
  return commit === undefined || commits.includes(undefined) ? {} : { unchanged: { commit } }
}

/** Files that are not as they are wanted, those included that should not be there, and bytes to write for it. Pure. */
function difference(
  trees: readonly OwnedTree[],
  there: ReadonlyMap<string, string>,
  blobId: PreparePorts['blobId'],
): Pick<Change, 'files' | 'bytes'> {
  const texts = trees.flatMap(({ files }) => [...files]).filter(([path, text]) => there.get(path) !== blobId(text))
  const extra = trees.flatMap(({ paths, files }) =>
    [...there.keys()].filter((path) => !files.has(path) && paths.some((owned) => isUnder(path, owned))),
  )
  return {
    files: texts.length + extra.length,
    bytes: texts.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0),
  }
}

/** On record before the writer is woken: a wake that finds nothing is no harm, a change that nobody looks at is. */
export async function handOver(
  ports: { readonly changes: Changes; readonly queue: WriterQueue; readonly clock: Clock },
  input: { readonly change: HandedOver; readonly ref: Ref; readonly fence: number; readonly token: string },
): Promise<{ readonly handedOver: string }> {
  const { change, ref, fence, token } = input
  await ports.changes.add({ ...change, ref, fence, token, at: ports.clock.now() })
  await ports.queue.wake(change.target, change.id)
  return { handedOver: change.id }
}
