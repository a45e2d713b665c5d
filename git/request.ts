import { Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryTarget, CommitPart, CommitRequest, GroupRequest, OwnedTree } from '../domain/git.ts'
import { safeJoin } from '../domain/paths.ts'
import { blobId } from './blob.ts'
import { commitMessage, normalTrailers, type Trailer } from './message.ts'
import { bytePath } from './tree.ts'

export interface File {
  readonly content: Buffer
  readonly id: string
}

/** What one of a commit's parts wants, in git's bytes. */
export interface CheckedPart {
  readonly paths: readonly string[]
  readonly files: ReadonlyMap<string, File>
  readonly trailers: readonly Trailer[]
}

/** A request that was checked: one owner for each path. */
export interface CheckedRequest {
  readonly parts: readonly CheckedPart[]
  /** Of a commit of these parts. */
  readonly message: (parts: readonly CheckedPart[]) => string
  /** Epoch milliseconds after which no push is tried again. */
  readonly until?: number
}

/** Throws Terminal before anything is read or written. */
export function checkRequest({ parts, describe, until }: GroupRequest): CheckedRequest {
  const owners = ownersOf(parts.flatMap(({ trees }) => trees))
  const checked = new Map(parts.map((part) => [checkPart(part, owners), part]))
  const paths = new Set([...checked.keys()].flatMap(({ files }) => [...files.keys()]))
  for (const path of paths) {
    const blocking = properPrefixes(path).find((prefix) => paths.has(prefix))
    if (blocking !== undefined) throw new Terminal(`${blocking} would be a file and a directory in one commit`)
  }
  return {
    ...(until === undefined ? {} : { until }),
    parts: [...checked.keys()],
    message: (chosen) => {
      const given = chosen.flatMap((part) => checked.get(part) ?? [])
      const [first, ...more] = given
      const words = first !== undefined && more.length === 0 ? first : describe(given)
      return commitMessage({ ...words, trailers: given.flatMap(({ trailers }) => trailers) })
    },
  }
}

/** A commit of one's own. */
export function alone({ target, ...part }: CommitRequest): GroupRequest {
  return { target, parts: [part], describe: () => part }
}

export function checkPaths(paths: readonly string[]): readonly string[] {
  return paths.map((path) => bytePath(safeJoin(path)))
}

/** Full ref of a branch, by the rules of `git check-ref-format`. */
export function branchRef(target: ClusterRepositoryTarget): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[/.-]|\/\.|[/.]$|\.lock(\/|$)/
  if (target.branch === '' || forbidden.test(target.branch)) {
    throw new Terminal(`${JSON.stringify(target.branch)} is not a branch name`, {
      fix: 'write the short name, for example main',
    })
  }
  return `refs/heads/${target.branch}`
}

/** `refs/heads/main` → `main`, `refs/pull/7/head` → `pull/7/head`. */
export function shortName(ref: string): string {
  return ref.replace(/^refs\/(heads\/)?/, '')
}

/** `a/b/c` → `a`, `a/b`. */
export function properPrefixes(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}

function checkPart(part: CommitPart, owners: ReadonlyMap<string, OwnedTree>): CheckedPart {
  const files = new Map<string, File>()
  for (const tree of part.trees) {
    for (const [path, text] of tree.files) addFile(files, owners, tree, path, text)
  }
  // Its words are wanted only when it differs from the branch; that they are none is no matter of the branch.
  commitMessage(part)
  return {
    paths: [...new Set(part.trees.flatMap(({ paths }) => checkPaths(paths)))],
    files,
    trailers: normalTrailers(part.trailers),
  }
}

function ownersOf(trees: readonly OwnedTree[]): ReadonlyMap<string, OwnedTree> {
  const owners = new Map<string, OwnedTree>()
  for (const tree of trees) {
    for (const path of checkPaths(tree.paths)) {
      const before = owners.get(path)
      if (before !== undefined && before !== tree) throw twoOwners(path, before, tree)
      owners.set(path, tree)
    }
  }
  for (const [path, tree] of owners) {
    for (const prefix of properPrefixes(path)) {
      const outer = owners.get(prefix)
      if (outer !== undefined && outer !== tree) throw twoOwners(path, outer, tree)
    }
  }
  return owners
}

function addFile(
  files: Map<string, File>,
  owners: ReadonlyMap<string, OwnedTree>,
  tree: OwnedTree,
  path: string,
  text: string,
): void {
  const safe = bytePath(safeJoin(path))
  const owned = [safe, ...properPrefixes(safe)].some((prefix) => owners.get(prefix) === tree)
  if (!owned) throw new Terminal(`${path} does not lie under the paths of ${tree.owner}`)
  const content = Buffer.from(text, 'utf8')
  files.set(safe, { content, id: blobId(content) })
}

function twoOwners(path: string, first: OwnedTree, second: OwnedTree): Terminal {
  return new Terminal(`${path} would belong to two owners, ${first.owner} and ${second.owner}`)
}
