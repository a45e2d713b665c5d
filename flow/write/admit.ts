import { Conflict, isFairwayError, RetryLater, Terminal } from '../../domain/errors.ts'
import type { OwnedTree } from '../../domain/git.ts'
import type { Change, Contents } from '../../domain/handover.ts'
import type { AnyRecord, Ref, Store } from '../../domain/store.ts'
import { concurrently } from './concurrently.ts'
import { contested } from './contested.ts'
import { parseTrees } from './trees.ts'

export interface AdmitPorts {
  readonly store: Pick<Store, 'getMany' | 'leases'>
  readonly contents: Pick<Contents, 'get'>
}

/** A change with what it wants, whose lease holds for as long as writing may take. */
export interface Ready {
  readonly change: Change
  readonly trees: readonly OwnedTree[]
}

export interface Admission {
  readonly ready: readonly Ready[]
  /** Why they can never be committed: they are answered with it. */
  readonly refused: ReadonlyMap<Change, Conflict | RetryLater | Terminal>
  /** What stands in their way for now. */
  readonly hindered: ReadonlyMap<Change, RetryLater>
}

/**
 * Looks at each change by itself, so that one which cannot be committed holds up no other. `until`, epoch milliseconds:
 * so long the leases have to last. No write starts with less of a lease than it may take.
 */
export async function admit(ports: AdmitPorts, changes: readonly Change[], until: number): Promise<Admission> {
  const [records, read] = await Promise.all([
    ports.store.getMany(changes.map(({ ref }) => ref)).then(byRef),
    concurrently(changes, async (change) => ({ change, ...(await outcomeOf(readTrees(ports.contents, change))) })),
  ])
  const looked = await concurrently(read, async ({ change, value: trees, error }) => {
    const lease = await outcomeOf(checkLease(ports, change, records.get(keyOf(change.ref)), until))
    return { change, trees, error: lease.error ?? error }
  })
  const ready = looked.flatMap(({ change, trees, error }) => (trees && !error ? [{ change, trees }] : []))
  const failed = looked.flatMap(({ change, error }) => (error ? [[change, error] as const] : []))
  const lost = contested(ready)
  return {
    ready: ready.filter(({ change }) => !lost.has(change)),
    refused: new Map([...failed.filter(([, error]) => isFinal(error)), ...lost]),
    hindered: new Map(failed.flatMap(([change, error]) => (isFinal(error) ? [] : [[change, error as RetryLater]]))),
  }
}

async function outcomeOf<Value>(
  call: Promise<Value>,
): Promise<{ readonly value?: Value; readonly error?: Conflict | RetryLater | Terminal }> {
  try {
    return { value: await call }
  } catch (error) {
    return { error: isFairwayError(error) ? error : unexpected(error) }
  }
}

/** What is gone from storage only who rendered it can bring back. */
class Gone extends RetryLater {}

function isFinal(error: Conflict | RetryLater | Terminal): boolean {
  return !(error instanceof RetryLater) || error instanceof Gone
}

async function readTrees(contents: Pick<Contents, 'get'>, { content, ref }: Change): Promise<readonly OwnedTree[]> {
  const text = await contents.get(content)
  if (text === undefined) {
    throw new Gone(`what was rendered for ${ref.name} is not in storage any more: it has to be rendered again`)
  }
  const trees = parseTrees(text)
  const stranger = trees.find(({ owner }) => owner !== ref.name)
  // A commit touches only paths of the resources in it (P6), and the lease is that of this resource.
  if (stranger) throw new Terminal(`${ref.name} would write what belongs to ${stranger.owner}`)
  return trees
}

async function checkLease(
  { store }: AdmitPorts,
  { ref, fence }: Change,
  record: AnyRecord | undefined,
  until: number,
): Promise<void> {
  const { lease } = record ?? {}
  if (lease?.fence !== fence) {
    throw new Conflict(`the lease ${fence} of ${ref.name} is over: somebody else works on it, or it was released`)
  }
  if (lease.until < until) await store.leases.hold(ref, fence)
}

function byRef(records: readonly AnyRecord[]): ReadonlyMap<string, AnyRecord> {
  return new Map(records.map((record) => [keyOf(record), record]))
}

function keyOf({ kind, name }: Ref): string {
  return `${kind}/${name}`
}

function unexpected(cause: unknown): RetryLater {
  return new RetryLater('an unexpected error; see the logs of the function', { cause })
}
