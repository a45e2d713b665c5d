import type { Grant } from '../domain/grants.ts'

/**
 * What `remote.ts` calls, for entries of this installation; secrets of the control plane have another prefix.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
const entries = ['arn:${partition}:secretsmanager:${region}:${account}:secret:fairway/${installation}/*']
const ours = { 'aws:ResourceTag/fairway:installation': '${installation}' }
const marking = { 'aws:RequestTag/fairway:installation': '${installation}' }

export const entryGrants: readonly Grant[] = [
  { sid: 'FindEntries', actions: ['secretsmanager:DescribeSecret'], resources: entries },
  {
    // Tagging is how a new or an adopted secret becomes ours; it may only ever get our tag.
    sid: 'MakeEntries',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
    resources: entries,
    conditions: { StringEquals: marking },
  },
  {
    sid: 'RepairEntryTags',
    actions: ['secretsmanager:TagResource'],
    resources: entries,
    conditions: { StringEquals: ours, StringEqualsIfExists: marking },
  },
  {
    sid: 'ChangeEntries',
    actions: [
      'secretsmanager:DeleteSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:RestoreSecret',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    resources: entries,
    conditions: { StringEquals: ours },
  },
  {
    // Only through Secrets Manager, never to decrypt by hand.
    sid: 'UseEntryKey',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['${credentialsKey}'],
    conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
  },
]

/** What `bulk.ts` calls. The action knows no resources: names, tags and labels of all secrets of the account, and no value. */
export const entryBulkGrants: readonly Grant[] = [
  { sid: 'ListEntriesInBulk', actions: ['secretsmanager:ListSecrets'], resources: ['*'] },
]
