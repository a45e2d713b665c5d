import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import type { HostedRepository } from '../../domain/checks.ts'
import type { SourceRecord } from '../../domain/records.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import type { Platform } from '../validate.ts'

export interface HostedSource {
  readonly record: SourceRecord
  readonly spec: Extract<SourceSpec, { type: 'github' }>
  readonly repository: HostedRepository
}

/** A source whose host has check runs. */
export function hostedBy(record: SourceRecord | undefined): HostedSource | undefined {
  const spec = record?.spec as SourceSpec | undefined
  if (record === undefined || spec?.type !== 'github') return undefined
  const { installationId, repositoryId } = spec
  return { record, spec, repository: { installationId, repositoryId } }
}

export async function platformOf(store: Store): Promise<Platform> {
  const [systems, clusters] = await Promise.all([store.list('System'), store.list('Cluster')])
  return {
    systems: systems.filter(({ spec }) => spec !== undefined) as unknown as readonly NamedSystem[],
    clusters: clusters.filter(({ spec }) => spec !== undefined) as unknown as readonly NamedCluster[],
  }
}
