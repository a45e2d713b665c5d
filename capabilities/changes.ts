import type { Explain, PlacementChange, WorkloadChange } from '../domain/changes.ts'
import { image, repository } from './ecr/changes.ts'
import { role } from './iam/changes.ts'
import { user } from './nats/changes.ts'
import { entries } from './secrets/changes.ts'
import { manifests } from './workload/changes.ts'

/** The folders' words about a change, in the order in which a plan says them. */
export const explains: {
  readonly workload: readonly Explain<WorkloadChange>[]
  readonly placement: readonly Explain<PlacementChange<never>>[]
} = {
  workload: [repository],
  placement: [image, role, user, entries, manifests],
}
