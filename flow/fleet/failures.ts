import { toFailure } from '../../domain/errors.ts'
import type { FailedLook } from '../../domain/fleet.ts'

export interface Failures {
  /** The capability as a whole. */
  whole(capability: string, error: unknown): void
  /** What it would have said about one resource. */
  one(capability: string, resource: string, error: unknown): void
  /** One entry for each capability: a hundred resources that fail alike are one news. */
  readonly all: () => readonly FailedLook[]
}

export function collectFailures(): Failures {
  const failed = new Map<string, FailedLook>()
  return {
    whole(capability, error) {
      failed.set(capability, { capability, failure: toFailure(error) })
    },
    one(capability, resource, error) {
      const before = failed.get(capability)
      const first = before ?? { capability, resource, failure: toFailure(error) }
      failed.set(capability, { ...first, resources: (before?.resources ?? 0) + 1 })
    },
    all: () => [...failed.values()],
  }
}
