import { Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryTarget, CommitRequest, OwnedTree } from '../domain/git.ts'
import { safeJoin } from '../domain/paths.ts'
import { blobId } from './blob.ts'
import { commitMessage, normalTrailers, type Trailer } from './message.ts'
import { bytePath } from './tree.ts'

export interface File {
  readonly content: Buffer
  readonly id: string
}

/** A request that was checked: paths in git's bytes, one owner each. */
export interface CheckedRequest {
  readonly paths: readonly string[]
  readonly files: ReadonlyMap<string, File>
  readonly message: string
  readonly trailers: readonly Trailer[]
}

/** Throws Terminal before anything is read or written. */
export function checkRequest(request: CommitRequest): CheckedRequest {
  const owners = ownersOf(request.trees)
  const files = new Map<string, File>()
  for (const tree of request.trees) {
    for (const [path, text] of tree.files) addFile(files, owners, tree, path, text)
  }
  for (const path of files.keys()) {
    const blocking = properPrefixes(path).find((prefix) => files.has(prefix))
    if (blocking !== undefined) throw new Terminal(`${blocking} would be a file and a directory in one commit`)
  }
  return {
    paths: [...owners.keys()],
    files,
    message: commitMessage(request),
    trailers: normalTrailers(request.trailers),
  }
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
