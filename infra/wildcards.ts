export interface Wildcard {
  readonly pattern: string
  readonly reason: string
  /** Nothing but these; any that the grants name when absent. */
  readonly only?: readonly string[]
}

/**
 * Every pattern among the resources that a role of Fairway is granted, as the grants write it, and why it cannot be
 * narrower. What is not here is a finding of cdk-nag, and of the invariants (test/infra).
 */
export const wildcards: readonly Wildcard[] = [
  {
    pattern: 'arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/fairway-${installation}-${stage}:*',
    reason: 'the streams of its own log group, which Lambda names',
  },
  {
    pattern: 'arn:${partition}:s3:::fairway-${installation}-trees-${account}-${region}/trees/*',
    reason: 'what was rendered for a commit, each object called after the hash of what is in it',
  },
  {
    pattern: 'arn:${partition}:ecr:${region}:${account}:repository/*',
    reason:
      'repositories are called <system>/<workload>; a condition binds changes to those with this installation’s tag',
  },
  {
    pattern: 'arn:${partition}:iam::${account}:role/fairway/${installation}-*',
    reason: 'the roles of workloads, one for each placement; made and changed only with the permissions boundary',
  },
  {
    pattern: 'arn:${partition}:iam::${account}:role/fairway/${installation}-_reader-*',
    reason: 'the roles of SecretStores, one for each system and cluster; made and changed only with their boundary',
  },
  {
    pattern: 'arn:${partition}:eks:${region}:${account}:cluster/*',
    reason:
      'clusters are declared at run time; on them it may list and create associations, these with its tag, or read only',
  },
  {
    pattern: '*',
    only: [
      'iam:GetAccountAuthorizationDetails',
      'iam:GetAccountSummary',
      'secretsmanager:ListSecrets',
      'tag:GetResources',
    ],
    reason:
      'actions that know no resources and only read: roles, tags and names of secrets in pages, for the look at the fleet, and numbers of the account, for the doctor',
  },
  {
    pattern: 'arn:${partition}:iam::${account}:policy/fairway/*',
    only: ['iam:GetPolicy'],
    reason: 'the permissions boundaries, read by the doctor',
  },
  {
    pattern: 'arn:${partition}:iam::${account}:role/*',
    only: ['iam:GetRole'],
    reason: 'a Cluster may name any role for its External Secrets controller: the doctor reads its trust policy',
  },
  {
    pattern: 'arn:${partition}:iam::${account}:oidc-provider/*',
    only: ['iam:GetOpenIDConnectProvider'],
    reason: 'issuers of clusters, declared at run time, read by the doctor',
  },
  {
    pattern: 'arn:${partition}:eks:${region}:${account}:addon/*/eks-pod-identity-agent/*',
    only: ['eks:DescribeAddon'],
    reason: 'one add-on of clusters that are declared at run time, whose ids EKS makes, read by the doctor',
  },
  {
    pattern: 'arn:${partition}:eks:${region}:${account}:podidentityassociation/*',
    reason: 'EKS makes the ids of associations; a condition binds changes to those with this installation’s tag',
  },
  {
    pattern: 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*',
    reason:
      'the entries of workloads, made at run time; a condition binds changes to those with this installation’s tag',
  },
  {
    pattern: 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*/nats-??????',
    reason: 'of the entries of workloads those called nats, made at run time, with the six characters that AWS adds',
  },
  {
    pattern: 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/webhooks/*',
    reason: 'one secret for each source and cluster, and the six characters that AWS adds to a secret’s ARN',
  },
  {
    pattern: 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/nats/*',
    reason: 'the keys of each operator and of each account, and the six characters that AWS adds to a secret’s ARN',
  },
  {
    pattern:
      'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/nats/accounts/*',
    reason: 'the keys of accounts, one for each system and cluster, made at run time',
  },
  {
    pattern: 'arn:${partition}:secretsmanager:*:${account}:secret:fairway/${installation}/*',
    reason: 'a boundary, which grants nothing: a Cluster says in which region its entries are',
  },
  {
    pattern: 'arn:${partition}:kms:*:${account}:key/*',
    reason: 'a boundary, which grants nothing: a Cluster names the key, and it is used through Secrets Manager only',
  },
]
