import { Aws } from 'aws-cdk-lib'
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Names } from './names.ts'

export interface BoundariesProps {
  readonly names: Names
  /** ARN of the key of credentials. */
  readonly credentialsKey: string
}

/**
 * Resources of Fairway, as ARN patterns after the partition. `capabilities/iam/fairwayresources.ts` refuses them in a
 * manifest, this says the same to AWS: a test holds the two together.
 */
export const fairwayResources: readonly string[] = [
  'secretsmanager:*:*:secret:fairway/*',
  'secretsmanager:*:*:secret:fairway-control/*',
  'iam::*:*/fairway/*',
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
 * What the roles that Fairway makes can never do, whatever their policies say. The path and names are part of the
 * grants (iamroles/grants.ts): without these policies no role can be made.
 */
export class Boundaries extends Construct {
  constructor(scope: Construct, id: string, { names, credentialsKey }: BoundariesProps) {
    super(scope, id)
    new ManagedPolicy(this, 'Workloads', {
      managedPolicyName: names.boundary,
      path: '/fairway/',
      description: 'Fairway: the most that the role of a workload can do',
      statements: workloads(credentialsKey),
    })
    new ManagedPolicy(this, 'Readers', {
      managedPolicyName: `${names.boundary}-reader`,
      path: '/fairway/',
      description: 'Fairway: the most that the role of a SecretStore can do',
      statements: readers(names.installation),
    })
  }
}

/** Everything that a system's ceiling may allow: all but identities, the account itself, and what is Fairway's. */
function workloads(credentialsKey: string): PolicyStatement[] {
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
      resources: [...fairwayResources.map((pattern) => `arn:${Aws.PARTITION}:${pattern}`), credentialsKey],
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
