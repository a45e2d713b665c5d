import { Terminal } from '../domain/errors.ts'
import type { CommitResult } from '../domain/git.ts'
import { type CheckedPart, type File, properPrefixes } from './request.ts'
import { isRegularFile, textPath } from './tree.ts'

/** What stands under the owned paths at a head. */
export interface Owned {
  /** By path in git's bytes: everything that is not a directory. */
  readonly entries: ReadonlyMap<string, { readonly mode: string; readonly id: string }>
  /** Owned paths that cannot exist, because a file of somebody else stands where a directory would have to. */
  readonly blocked: ReadonlyMap<string, string>
}

/** By path in git's bytes; undefined removes. */
export type Changes = ReadonlyMap<string, File | undefined>

/** What has to change so that the owned paths hold the wanted files and nothing else. Pure. */
export function planChanges(request: Pick<CheckedPart, 'files'>, owned: Owned): Changes {
  for (const path of request.files.keys()) {
    for (const prefix of [...properPrefixes(path), path]) {
      const blocking = owned.blocked.get(prefix)
      if (blocking !== undefined) throw blockedBy(path, blocking)
    }
  }
  const changes = new Map<string, File | undefined>()
  for (const path of owned.entries.keys()) if (!request.files.has(path)) changes.set(path, undefined)
  for (const [path, file] of request.files) {
    const entry = owned.entries.get(path)
    // An executable bit that somebody set is not a difference in bytes.
    if (entry?.id !== file.id || !isRegularFile(entry)) changes.set(path, file)
  }
  return changes
}

/** In order of path, for people. */
export function describeChanges(changes: Changes, owned: Owned): CommitResult['changed'] {
  return [...changes]
    .map(([path, file]) => ({
      path: textPath(path),
      change:
        file === undefined
          ? ('removed' as const)
          : owned.entries.has(path)
            ? ('modified' as const)
            : ('added' as const),
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function blockedBy(path: string, blocking: string): Terminal {
  return new Terminal(
    `${textPath(path)} cannot be written: ${textPath(blocking)} is a file, link or submodule that Fairway does not own`,
    { fix: `remove or rename ${textPath(blocking)} in the cluster repository` },
  )
}
