import {
  difference,
  phrase,
  type Explain,
  type PhraseValue,
  type PlacementChange,
  type WorkloadChange,
} from '../../domain/changes.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { repositoryName } from '../../domain/names.ts'
import type { ImageSpec } from './schema.ts'

/** The repository, which serves all clusters. */
export const repository: Explain<WorkloadChange> = ({ installation, system, workload, before, after }) => {
  const name = repositoryName(system.name, workload)
  if (after.length === 0) {
    return system.spec.deletionPolicy === 'delete'
      ? [phrase`ECR repository ${name}: removed, with its images`]
      : [phrase`ECR repository ${name}: stays, with its images`]
  }
  const elsewhere = (clusters: readonly NamedCluster[]) =>
    clusters.filter(({ spec }) => spec.aws.account !== installation.account).map((cluster) => cluster.name)
  const { added, removed } = difference(elsewhere(before), elsewhere(after))
  return [
    ...(before.length === 0 ? [phrase`ECR repository ${name}: made`] : []),
    ...(added.length > 0 ? [phrase`ECR repository ${name}: may be pulled from by the account of ${added}`] : []),
    ...(removed.length > 0 ? [phrase`ECR repository ${name}: no longer pulled from for ${removed}`] : []),
  ]
}

/** Which image of it runs. */
export const image: Explain<PlacementChange<{ readonly image: ImageSpec }>> = ({ before, after }) => {
  if (after === undefined) return []
  const [old, now] = [before && selection(before.image), selection(after.image)]
  if (old === undefined) return [phrase`image: ${now}`]
  return old === now ? [] : [phrase`image: ${old} → ${now}`]
}

/** A pinned digest wins over `track`. */
function selection({ track, digest }: ImageSpec): PhraseValue {
  return digest ?? track
}
