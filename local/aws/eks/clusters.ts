import { CreateClusterCommand, DescribeClusterCommand } from '@aws-sdk/client-eks'
import type { CreateClusterCommandInput, DescribeClusterCommandInput } from '@aws-sdk/client-eks'
import { randomText } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { invalidParameter, clusterExists } from './errors.ts'
import { clusterOf, clusters, putCluster } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Cluster } from './state.ts'

export const clusterOperations = [
  write(CreateClusterCommand, createCluster),
  read(DescribeClusterCommand, describeCluster),
]

/** A tag of the simulation’s own: EKS makes issuers up, and manifests that were written before have to name this one. */
export const issuerTag = 'simulation/oidc-issuer'

/** At once active and empty of everything but its names: enough to hold associations. */
function createCluster(input: CreateClusterCommandInput, call: Call) {
  const name = input.name ?? ''
  if (!/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(name))
    throw invalidParameter(call, `The cluster name ${name} is not valid`)
  if (clusters(call).get(name)) throw clusterExists(call, name)
  const id = randomText(call.random, '0123456789ABCDEF', 32)
  const cluster: Cluster = {
    name,
    arn: `arn:aws:eks:${call.region}:${call.account}:cluster/${name}`,
    createdAt: call.now,
    version: input.version ?? '1.34',
    oidcIssuer: `https://${input.tags?.[issuerTag] ?? `oidc.eks.${call.region}.amazonaws.com/id/${id}`}`,
    ...(input.computeConfig?.enabled === true ? { auto: true } : {}),
    tags: input.tags ?? {},
  }
  putCluster(call, cluster)
  return { cluster: describe(cluster) }
}

function describeCluster(input: DescribeClusterCommandInput, call: Call) {
  return { cluster: describe(clusterOf(call, input.name)) }
}

function describe(cluster: Cluster) {
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: new Date(cluster.createdAt),
    version: cluster.version,
    endpoint: cluster.oidcIssuer.replace('oidc.eks', 'eks').replace('/id/', '/'),
    identity: { oidc: { issuer: cluster.oidcIssuer } },
    status: 'ACTIVE' as const,
    ...(cluster.auto === true ? { computeConfig: { enabled: true } } : {}),
    tags: { ...cluster.tags },
  }
}
