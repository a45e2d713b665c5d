import type { NamedCluster } from '../../domain/capability.ts'
import { partitionOf } from '../../domain/partition.ts'

/** How External Secrets is installed on EKS as a rule; `Cluster.spec.externalSecrets` says otherwise. */
const usual = { role: 'fairway-external-secrets', namespace: 'external-secrets', serviceAccount: 'external-secrets' }

export interface Controller {
  /** ARN of the role that it runs as. */
  readonly role: string
  readonly namespace: string
  readonly serviceAccount: string
}

/** The External Secrets controller of a cluster. */
export function controllerOf({ spec }: NamedCluster): Controller {
  const { account, region } = spec.aws
  return {
    role: spec.externalSecrets?.role ?? `arn:${partitionOf(region)}:iam::${account}:role/${usual.role}`,
    namespace: spec.externalSecrets?.namespace ?? usual.namespace,
    serviceAccount: spec.externalSecrets?.serviceAccount ?? usual.serviceAccount,
  }
}
