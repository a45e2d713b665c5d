import type { Credential, WorkloadRecord } from '../../domain/records.ts'

/** A credential that a workload has in one of its clusters. */
export interface Held {
  /** `<cluster>/<entry>`, as the record's maps have it. */
  readonly key: string
  readonly cluster: string
  readonly entry: string
  readonly credential: Credential
  /** ARN or name of its secret. */
  readonly secret: string
}

/** In order of their keys. What was given up leaves its last generation on record, and no claim to a secret. */
export function heldBy({ credentials, claims }: Pick<WorkloadRecord, 'credentials' | 'claims'>): readonly Held[] {
  return Object.entries(credentials)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, credential]) => {
      const [cluster = '', entry = ''] = key.split('/')
      const nats = credential.kind === 'nats'
      const claim = claims[nats ? `nats/${cluster}/secret` : `secrets/${cluster}/${entry}`]
      if (claim === undefined || claim.retained) return []
      return [{ key, cluster, entry, credential, secret: claim.id }]
    })
}
