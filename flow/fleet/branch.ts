import type { NamedCluster } from '../../domain/capability.ts'
import type { Finding } from '../../domain/fleet.ts'
import { applicationsDirectory, manifestsDirectory } from '../../domain/layout.ts'
import { isUnder, safeJoin } from '../../domain/paths.ts'

/** All files of a branch, by path. */
export interface Branch {
  /** Blob id; undefined: there is no such file. */
  id(path: string): string | undefined
  /** The file itself, or everything below the directory; in order. */
  under(path: string): readonly string[]
  readonly paths: readonly string[]
}

export function branchOf(files: ReadonlyMap<string, string>): Branch {
  const paths = [...files.keys()].toSorted()
  return {
    paths,
    id: (path) => files.get(path),
    under(path) {
      const found = files.has(path) ? [path] : []
      const directory = `${path}/`
      for (let index = firstNotBefore(paths, directory); paths[index]?.startsWith(directory); index++) {
        found.push(paths[index] as string)
      }
      return found
    },
  }
}

/**
 * What stands where only Fairway writes, and no record accounts for it: one finding for each directory of manifests and
 * each Application. Never removed, because it may be somebody's; and what is elsewhere on the branch is nobody's
 * business.
 */
export function orphans(
  branch: Branch,
  clusters: readonly NamedCluster[],
  accounted: ReadonlySet<string>,
): readonly Finding[] {
  const found = new Map<string, { cluster: string; files: number }>()
  for (const { name, spec } of clusters) {
    const [applications = '', manifests = ''] = [applicationsDirectory, manifestsDirectory].map((directory) =>
      safeJoin(spec.repository.path, directory),
    )
    for (const path of [...branch.under(applications), ...branch.under(manifests)]) {
      if (isAccounted(path, accounted)) continue
      const where = isUnder(path, manifests) ? ownerDirectory(path, manifests) : path
      const before = found.get(where)
      found.set(where, { cluster: name, files: (before?.files ?? 0) + 1 })
    }
  }
  return [...found].map(([where, { cluster, files }]) => ({
    kind: 'orphan',
    cluster,
    where,
    what: `${files === 1 ? 'a file' : `${files} files`} in a directory of Fairway’s that nothing declared accounts for`,
    answer: 'reported',
    why: 'somebody may have put it there: remove it from the branch if nobody needs it',
  }))
}

/** `manifests/<system>/<workload>`; what lies less deep is its own. */
function ownerDirectory(path: string, manifests: string): string {
  const depth = manifests.split('/').length + 2
  return path.split('/').slice(0, depth).join('/')
}

function isAccounted(path: string, accounted: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (accounted.has(path.slice(0, end))) return true
  }
  return false
}

/** Where it would stand in the sorted list. */
function firstNotBefore(sorted: readonly string[], value: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as string) < value) low = middle + 1
    else high = middle
  }
  return low
}
