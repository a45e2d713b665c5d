import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { NamedCluster } from '../../domain/capability.ts'
import { clusterLabels } from '../../domain/labels.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { partitionOf } from '../../domain/partition.ts'
import { workloadCluster } from './application.ts'

/** How an Argo CD reaches an EKS cluster. */
export type EksAccess =
  /** The EKS capability: it knows clusters by their ARN. */
  | { readonly type: 'managed' }
  /** One of your own. `endpoint` and `authority` (base64) as `aws eks describe-cluster` says them. */
  | { readonly type: 'self-managed'; readonly endpoint: string; readonly authority: string; readonly role?: string }

/**
 * Registers the cluster with Argo CD under the name that its Applications use. Holds no secret: Argo CD signs in with
 * an IAM role. https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#eks
 * https://docs.aws.amazon.com/eks/latest/userguide/argocd-register-clusters.html
 */
export function clusterSecret(cluster: NamedCluster, access: EksAccess): ISecret & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `fairway-cluster-${cluster.name}`,
      namespace: cluster.spec.argocd.namespace,
      labels: { ...clusterLabels(cluster), 'argocd.argoproj.io/secret-type': 'cluster' },
    },
    type: 'Opaque',
    stringData: { name: workloadCluster(cluster), ...reach(cluster, access) },
  }
}

function reach({ spec }: NamedCluster, access: EksAccess): Record<string, string> {
  const { account, region, cluster } = spec.aws
  if (access.type === 'managed') {
    return { server: `arn:${partitionOf(region)}:eks:${region}:${account}:cluster/${cluster}` }
  }
  const config = {
    awsAuthConfig: { clusterName: cluster, ...(access.role === undefined ? {} : { roleARN: access.role }) },
    tlsClientConfig: { insecure: false, caData: access.authority },
  }
  return { server: access.endpoint, config: JSON.stringify(config) }
}
