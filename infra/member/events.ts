/**
 * Calls by which somebody changes what Fairway made in an account, as CloudTrail reports them to EventBridge: only those
 * that write, and only in an account with a trail that logs management events.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export interface Change {
  readonly name: string
  readonly description: string
  readonly source: string
  readonly calls: readonly string[]
  /** Which member of the request names the thing, and with what that begins; placeholders as in grants. */
  readonly concerning?: { readonly member: string; readonly prefixes: readonly string[] }
}

export const changeType = 'AWS API Call via CloudTrail'

const changedSecrets: Change = {
  name: 'changed-secrets',
  description: 'Somebody else wrote, moved or deleted an entry.',
  source: 'aws.secretsmanager',
  calls: [
    'DeleteSecret',
    'PutSecretValue',
    'RestoreSecret',
    'TagResource',
    'UntagResource',
    'UpdateSecret',
    'UpdateSecretVersionStage',
  ],
  concerning: {
    member: 'secretId',
    prefixes: [
      'fairway/${installation}/',
      'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/',
    ],
  },
}

/** In the control plane's own account and region only. Repositories are called like their systems: whatever that is. */
export const changedRepositories: Change = {
  name: 'changed-repositories',
  description: 'Somebody else changed an image repository.',
  source: 'aws.ecr',
  calls: [
    'DeleteLifecyclePolicy',
    'DeleteRepository',
    'DeleteRepositoryPolicy',
    'PutImageScanningConfiguration',
    'PutImageTagMutability',
    'PutLifecyclePolicy',
    'SetRepositoryPolicy',
    'TagResource',
    'UntagResource',
  ],
}

/** In each account and region that has clusters. */
export const changes: readonly Change[] = [
  changedSecrets,
  {
    // Arrives in one region only, the one that IAM itself is in: us-east-1 in the partition aws.
    name: 'changed-roles',
    description: 'Somebody else changed a role.',
    source: 'aws.iam',
    calls: [
      'AttachRolePolicy',
      'DeleteRole',
      'DeleteRolePermissionsBoundary',
      'DeleteRolePolicy',
      'DetachRolePolicy',
      'PutRolePermissionsBoundary',
      'PutRolePolicy',
      'TagRole',
      'UntagRole',
      'UpdateRole',
      'UpdateRoleDescription',
      'UpdateAssumeRolePolicy',
    ],
    concerning: { member: 'roleName', prefixes: ['${installation}-'] },
  },
  {
    // Named by cluster, namespace and service account, which only the answer of a change or a removal has.
    name: 'changed-associations',
    description: 'Somebody else changed a Pod Identity association.',
    source: 'aws.eks',
    calls: ['CreatePodIdentityAssociation', 'DeletePodIdentityAssociation', 'UpdatePodIdentityAssociation'],
  },
]
