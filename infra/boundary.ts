import { Aws, RemovalPolicy } from 'aws-cdk-lib'
import { Effect, ManagedPolicy, PolicyStatement, type IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { acknowledge, acknowledgePatterns } from './acknowledge.ts'
import type { Names } from './names.ts'

export interface BoundariesProps {
  readonly names: Names
  /** ARNs of the keys of credentials, one for each region. */
  readonly credentialsKeys: readonly string[]
  /** Deleted with the stack; otherwise those of workloads stay, whose roles could do nothing without them. */
  readonly disposable: boolean
}

/**
 * Resources of Fairway, as ARN patterns after the partition. `capabilities/iam/fairwayresources.ts` refuses them in a
 * manifest, this says the same to AWS: a test holds the two together.
 */
export const fairwayResources: readonly string[] = [
  'secretsmanager:*:*:secret:fairway/*',
  'secretsmanager:*:*:secret:fairway-control/*',
  // Not `*/fairway/*`: IAM takes a pattern only with its type, "IAM resource path must either be "*" or start with …".
  'iam::*:role/fairway/*',
  'iam::*:policy/fairway/*',
  'ssm:*:*:parameter/fairway/*',
  'dynamodb:*:*:table/fairway*',
  'kms:*:*:alias/fairway*',
  'lambda:*:*:function:fairway*',
  'states:*:*:*:fairway*',
  'events:*:*:event-bus/fairway*',
  'events:*:*:rule/fairway*',
  'scheduler:*:*:schedule*/fairway*',
  'sqs:*:*:fairway*',
  'sns:*:*:fairway*',
  'cloudformation:*:*:stack/fairway*',
  'logs:*:*:log-group:*fairway*',
  's3:::fairway-*',
]

/**
 * What the roles that Fairway makes can never do, whatever their policies say; and what Fairway's own functions cannot.
 * The path and names are part of the grants (iamroles/grants.ts): without these policies no role can be made.
 */
export class Boundaries extends Construct {
  /** For the roles of functions, and for those that they take on in member accounts. */
  readonly functions: IManagedPolicy

  constructor(scope: Construct, id: string, { names, credentialsKeys, disposable }: BoundariesProps) {
    super(scope, id)
    const ofWorkloads = new ManagedPolicy(this, 'Workloads', {
      managedPolicyName: names.boundary,
      path: '/fairway/',
      description: 'Fairway: the most that the role of a workload can do',
      statements: workloads(credentialsKeys),
    })
    const ofReaders = new ManagedPolicy(this, 'Readers', {
      managedPolicyName: `${names.boundary}-reader`,
      path: '/fairway/',
      description: 'Fairway: the most that the role of a SecretStore can do',
      statements: readers(names.installation),
    })
    const ofFunctions = new ManagedPolicy(this, 'Functions', {
      managedPolicyName: `${names.boundary}-function`,
      path: '/fairway/',
      description: 'Fairway: what its own functions cannot do, whatever their grants say',
      statements: functions(names),
    })
    this.functions = ofFunctions
    for (const policy of [ofWorkloads, ofReaders]) {
      policy.applyRemovalPolicy(disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN)
    }
    acknowledgePatterns(ofReaders, ofReaders.document)
    for (const policy of [ofWorkloads, ofFunctions]) {
      for (const finding of ['Action::*', 'Resource::*']) {
        acknowledge(policy, `IAM5[${finding}]`, 'a boundary grants nothing: this is what its denials are taken from')
      }
    }
  }
}

/** Everything that a system's ceiling may allow: all but identities, the account itself, and what is Fairway's. */
function workloads(credentialsKeys: readonly string[]): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'WhatCeilingsAllow', actions: ['*'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'NoIdentities',
      effect: Effect.DENY,
      actions: ['iam:*', 'sts:*', 'organizations:*', 'account:*'],
      resources: ['*'],
    }),
    new PolicyStatement({
      sid: 'NothingOfFairway',
      effect: Effect.DENY,
      actions: ['*'],
      resources: [...fairwayResources.map((pattern) => `arn:${Aws.PARTITION}:${pattern}`), ...credentialsKeys],
    }),
  ]
}

/** In every region: a Cluster says where its secrets are, and with which key. */
function readers(installation: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadEntries',
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      resources: [`arn:${Aws.PARTITION}:secretsmanager:*:${Aws.ACCOUNT_ID}:secret:fairway/${installation}/*`],
    }),
    new PolicyStatement({
      sid: 'DecryptEntries',
      actions: ['kms:Decrypt'],
      resources: [`arn:${Aws.PARTITION}:kms:*:${Aws.ACCOUNT_ID}:key/*`],
      conditions: { StringLike: { 'kms:ViaService': 'secretsmanager.*.amazonaws.com' } },
    }),
  ]
}

/**
 * A second line behind the grants, which say the same by what they leave out: roles are only given permissions within a
 * boundary, nobody takes one away or changes what it says, and only EKS gets a role passed. And what a pattern in a
 * grant cannot say: who makes workloads' roles does not open a reader's. The keys of these actions are in
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
function functions(names: Names): PolicyStatement[] {
  const iam = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}`
  const boundaries = [names.boundary, `${names.boundary}-reader`].map((name) => `${iam}:policy/fairway/${name}`)
  const denied = (sid: string, actions: string[], conditions: Record<string, Record<string, unknown>> = {}) =>
    new PolicyStatement({ sid, effect: Effect.DENY, actions, resources: ['*'], conditions })
  return [
    new PolicyStatement({ sid: 'WhatGrantsAllow', actions: ['*'], resources: ['*'] }),
    // A condition with "not" also holds when the key is absent: without a boundary it is denied too.
    denied(
      'RolesWithinBoundaries',
      ['iam:AttachRolePolicy', 'iam:CreateRole', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      { StringNotEquals: { 'iam:PermissionsBoundary': boundaries } },
    ),
    denied('BoundariesStay', ['iam:DeleteRolePermissionsBoundary']),
    denied('BoundariesSayWhatTheySay', [
      'iam:CreatePolicyVersion',
      'iam:DeletePolicy',
      'iam:DeletePolicyVersion',
      'iam:SetDefaultPolicyVersion',
    ]),
    denied('RolesForPods', ['iam:PassRole'], {
      StringNotEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' },
    }),
    // The names of workloads' roles begin like readers' (domain/names.ts): a pattern cannot leave these out.
    new PolicyStatement({
      sid: 'ReadersForTenancy',
      effect: Effect.DENY,
      actions: ['iam:PassRole', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'],
      resources: [`${iam}:role/fairway/${names.installation}-_reader-*`],
      conditions: {
        ArnNotEquals: { 'aws:PrincipalArn': `${iam}:role/fairway-control/${names.stage('tenancy')}` },
      },
    }),
  ]
}
