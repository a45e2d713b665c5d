import { noAssociation, noCluster } from './errors.ts'
import type { Call } from '../core/operations.ts'
import type { Records } from '../core/state.ts'
import type { Tags } from '../core/tags.ts'

export interface Cluster {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  readonly version: string
  /** With scheme. */
  readonly oidcIssuer: string
  /** EKS Auto Mode. */
  readonly auto?: boolean
  /** Names of its add-ons. */
  readonly addons?: readonly string[]
  readonly tags: Tags
}

export interface Association {
  readonly id: string
  readonly arn: string
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly roleArn: string
  readonly targetRoleArn?: string
  readonly externalId?: string
  readonly disableSessionTags: boolean
  readonly policy?: string
  readonly tags: Tags
  readonly createdAt: number
  readonly modifiedAt: number
  /** The `clientRequestToken` it was made with. */
  readonly token: string
}

export function clusters(call: Call): Records<Cluster> {
  return call.table<Cluster>('clusters')
}

export function putCluster(call: Call, cluster: Cluster): void {
  clusters(call).put(cluster.name, cluster)
}

/** By id, which is unique in account and region. */
export function associations(call: Call): Records<Association> {
  return call.table<Association>('associations')
}

/** Throws ResourceNotFoundException. */
export function clusterOf(call: Call, name: string | undefined): Cluster {
  const cluster = clusters(call).get(name ?? '')
  if (!cluster) throw noCluster(call, name)
  return cluster
}

/** Throws ResourceNotFoundException. */
export function associationOf(
  call: Call,
  input: { readonly clusterName: string | undefined; readonly associationId: string | undefined },
): Association {
  const cluster = clusterOf(call, input.clusterName)
  const association = associations(call).get(input.associationId ?? '')
  if (association?.cluster !== cluster.name) throw noAssociation(call, input.associationId)
  return association
}
