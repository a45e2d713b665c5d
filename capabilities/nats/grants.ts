import type { Grant } from '../../domain/grants.ts'

/**
 * In a placement's account. `-??????` is the random ending of a secret's ARN. What is there already is touched
 * only if it carries this installation's tag, and new ones are made only with it.
 */
export const grants: readonly Grant[] = [
  {
    sid: 'ReadNatsEntries',
    actions: ['secretsmanager:DescribeSecret'],
    resources: ['arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*/nats-??????'],
  },
  {
    sid: 'CreateNatsEntries',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
    resources: ['arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*/nats-??????'],
    conditions: { StringEquals: { 'aws:RequestTag/fairway:installation': '${installation}' } },
  },
  {
    sid: 'ChangeNatsEntries',
    actions: [
      'secretsmanager:DeleteSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:RestoreSecret',
      'secretsmanager:TagResource',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    resources: ['arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*/nats-??????'],
    conditions: { StringEquals: { 'aws:ResourceTag/fairway:installation': '${installation}' } },
  },
  {
    sid: 'EncryptNatsEntries',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['${credentialsKey}'],
    conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
  },
]

/** In the control plane's account: the operators' keys are read, the accounts' masters are made once and read. */
export const controlGrants: readonly Grant[] = [
  {
    sid: 'ReadNatsKeys',
    actions: ['secretsmanager:GetSecretValue'],
    resources: ['arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/nats/*'],
  },
  {
    sid: 'CreateNatsMasters',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
    resources: [
      'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/nats/accounts/*',
    ],
    conditions: { StringEquals: { 'aws:RequestTag/fairway:installation': '${installation}' } },
  },
  {
    sid: 'EncryptNatsKeys',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['${credentialsKey}'],
    conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
  },
]
