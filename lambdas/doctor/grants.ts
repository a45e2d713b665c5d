import type { Grant } from '../../domain/grants.ts'

/** Where clusters are: what Fairway's roles and pods rely on is looked at, and nothing is changed. */
export const grants: readonly Grant[] = [
  {
    sid: 'ReadBoundaries',
    actions: ['iam:GetPolicy'],
    resources: ['arn:${partition}:iam::${account}:policy/fairway/*'],
  },
  {
    // The controller of External Secrets may be given any role: its trust policy is read.
    sid: 'ReadControllers',
    actions: ['iam:GetRole'],
    resources: ['arn:${partition}:iam::${account}:role/*'],
  },
  {
    sid: 'ReadIssuers',
    actions: ['iam:GetOpenIDConnectProvider'],
    resources: ['arn:${partition}:iam::${account}:oidc-provider/*'],
  },
  {
    // Counts and quotas of the account; IAM knows no narrower resource for it.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    sid: 'ReadQuotas',
    actions: ['iam:GetAccountSummary'],
    resources: ['*'],
  },
  {
    sid: 'ReadClusters',
    actions: ['eks:DescribeCluster', 'eks:ListPodIdentityAssociations'],
    resources: ['arn:${partition}:eks:${region}:${account}:cluster/*'],
  },
  {
    sid: 'ReadAgents',
    actions: ['eks:DescribeAddon'],
    resources: ['arn:${partition}:eks:${region}:${account}:addon/*/eks-pod-identity-agent/*'],
  },
  {
    sid: 'ReadAssociations',
    actions: ['eks:DescribePodIdentityAssociation'],
    resources: ['arn:${partition}:eks:${region}:${account}:podidentityassociation/*'],
  },
  { sid: 'ReadKeys', actions: ['kms:DescribeKey'], resources: ['${credentialsKey}'] },
]
