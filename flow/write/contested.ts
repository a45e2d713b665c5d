import { Conflict, Terminal } from '../../domain/errors.ts'
import { isUnder } from '../../domain/paths.ts'
import type { Change } from '../../domain/handover.ts'
import type { Ready } from './admit.ts'

/**
 * Changes that want a path which another one in the group has, and why they do not get it. Of one resource the last
 * word counts: an execution that asked again has looked at the world again. Between resources the first one keeps it,
 * because one of them is wrong, and the branch tells who was there.
 */
export function contested(ready: readonly Ready[]): ReadonlyMap<Change, Conflict | Terminal> {
  const lost = new Map<Change, Conflict | Terminal>()
  const claims = new Claims()
  // All of a resource hold one fence here: older ones were refused before.
  for (const each of ready.toReversed()) {
    const others = claims.of(each).filter(({ change }) => sameResource(change, each.change))
    if (others.length === 0) claims.add(each)
    else lost.set(each.change, new Conflict(`${each.change.ref.name} was rendered again since`))
  }
  const kept = new Claims()
  for (const each of ready.filter(({ change }) => !lost.has(change))) {
    const [other] = kept.of(each)
    if (other === undefined) kept.add(each)
    else lost.set(each.change, twoOwners(each, other))
  }
  return lost
}

/** Who claims what, for looking up what overlaps: the path itself, what it lies under, and what lies under it. */
class Claims {
  readonly #at = new Map<string, Ready>()
  readonly #above = new Map<string, Ready[]>()

  add(each: Ready): void {
    for (const path of pathsOf(each)) {
      this.#at.set(path, each)
      for (const prefix of prefixesOf(path)) this.#above.set(prefix, [...(this.#above.get(prefix) ?? []), each])
    }
  }

  of(each: Ready): readonly Ready[] {
    const found = pathsOf(each).flatMap((path) => [
      ...[path, ...prefixesOf(path)].flatMap((prefix) => this.#at.get(prefix) ?? []),
      ...(this.#above.get(path) ?? []),
    ])
    return [...new Set(found)]
  }
}

function pathsOf({ trees }: Ready): readonly string[] {
  return trees.flatMap(({ paths }) => paths)
}

function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}

function sameResource({ ref }: Change, { ref: other }: Change): boolean {
  return ref.kind === other.kind && ref.name === other.name
}

function twoOwners(each: Ready, other: Ready): Terminal {
  const path = pathsOf(each).find((one) => pathsOf(other).some((two) => isUnder(one, two) || isUnder(two, one)))
  return new Terminal(`${path} would belong to both ${other.change.ref.name} and ${each.change.ref.name}`, {
    fix: 'rename one of them, or give their clusters different paths in the repository',
  })
}
