import { ListPodIdentityAssociationsCommand } from '@aws-sdk/client-eks'
import { findAws } from '../../domain/awserrors.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import type { EksClient } from './remote.ts'

export interface ListedAssociation {
  readonly id: string
  readonly arn: string
}

/** By `<namespace>/<service account>`: a service account has at most one. */
type ClusterAssociations = ReadonlyMap<string, ListedAssociation>

/** By EKS cluster; a cluster that EKS does not have is absent. */
export type Associations = ReadonlyMap<string, ClusterAssociations>

/** One read for a hundred associations of a cluster: the most that EKS gives, without role and tags. */
export async function readAssociations(eks: EksClient, clusters: readonly NamedCluster[]): Promise<Associations> {
  const names = [...new Set(clusters.map(({ spec }) => spec.aws.cluster))]
  const read = await Promise.all(names.map(async (name) => [name, await associationsOf(eks, name)] as const))
  return new Map(read.flatMap(([name, found]) => (found ? [[name, found] as const] : [])))
}

async function associationsOf(eks: EksClient, clusterName: string): Promise<ClusterAssociations | undefined> {
  const found = new Map<string, ListedAssociation>()
  let nextToken: string | undefined
  do {
    const input = { clusterName, maxResults: 100, ...(nextToken === undefined ? {} : { nextToken }) }
    const page = await findAws(`list the Pod Identity associations of ${clusterName}`, () =>
      eks.send(new ListPodIdentityAssociationsCommand(input)),
    )
    if (page === undefined) return undefined
    for (const { namespace, serviceAccount, associationId, associationArn } of page.associations ?? []) {
      if (associationId === undefined || associationArn === undefined) continue
      found.set(`${namespace}/${serviceAccount}`, { id: associationId, arn: associationArn })
    }
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return found
}
