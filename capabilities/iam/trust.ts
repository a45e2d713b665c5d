import { partitionOf } from '../../domain/partition.ts'
import type { PolicyDocument } from '../../domain/policy.ts'
import type { Holder } from './desired.ts'

interface Location {
  readonly account: string
  readonly region: string
}

export type Identity =
  | { readonly identity: 'pod-identity'; readonly aws: Location }
  | { readonly identity: 'irsa'; readonly aws: Location & { readonly oidcProvider: string } }

/** Who may take the role: one service account of one namespace of one cluster. */
export function trustPolicy(identity: Identity, holder: Holder): PolicyDocument {
  return identity.identity === 'irsa' ? irsaTrust(identity.aws, holder) : podIdentityTrust(identity.aws, holder)
}

/**
 * EKS takes the role on the pod's behalf and tags the session with where the pod is; both are held to this one
 * place, so that an association somewhere else with this role gives nothing.
 * https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html and pod-id-abac.html
 */
function podIdentityTrust({ account, region }: Location, holder: Holder): PolicyDocument {
  const clusterArn = `arn:${partitionOf(region)}:eks:${region}:${account}:cluster/${holder.cluster}`
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:RequestTag/eks-cluster-name': holder.cluster,
            'aws:RequestTag/kubernetes-namespace': holder.namespace,
            'aws:RequestTag/kubernetes-service-account': holder.serviceAccount,
          },
          ArnEquals: { 'aws:SourceArn': clusterArn },
        },
      },
    ],
  }
}

/** https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html */
function irsaTrust(identity: Location & { oidcProvider: string }, holder: Holder): PolicyDocument {
  const { account, region, oidcProvider } = identity
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:${partitionOf(region)}:iam::${account}:oidc-provider/${oidcProvider}` },
        Action: ['sts:AssumeRoleWithWebIdentity'],
        Condition: {
          StringEquals: {
            [`${oidcProvider}:aud`]: 'sts.amazonaws.com',
            [`${oidcProvider}:sub`]: `system:serviceaccount:${holder.namespace}:${holder.serviceAccount}`,
          },
        },
      },
    ],
  }
}
