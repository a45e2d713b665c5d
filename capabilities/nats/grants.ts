import type { Grant } from '../../domain/grants.ts'
import { entryGrants } from '../../secretentries/grants.ts'

/** In a placement's account: entries, but only those called `nats`. They are read after the table was lost, and never else. */
export const grants: readonly Grant[] = entryGrants.map((grant) => ({
  ...grant,
  // Secrets Manager ends each ARN in six characters of its own.
  resources: grant.resources.map((resource) =>
    resource.replace(/:secret:fairway\/(.*)\/\*$/, ':secret:fairway/$1/*/nats-??????'),
  ),
}))

const controlSecret = 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}/nats'

/** In the control plane's account: the operators' keys are read, the accounts' masters are made once and read. */
export const controlGrants: readonly Grant[] = [
  { sid: 'ReadNatsKeys', actions: ['secretsmanager:GetSecretValue'], resources: [`${controlSecret}/*`] },
  {
    sid: 'MakeNatsMasters',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
    resources: [`${controlSecret}/accounts/*`],
    conditions: { StringEquals: { 'aws:RequestTag/fairway:installation': '${installation}' } },
  },
  {
    sid: 'UseNatsKey',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['${credentialsKey}'],
    conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
  },
]

/**
 * For a look at the servers, in the control plane's account: the operators' keys, and not the accounts' masters, which
 * Fairway tags with their environment. Its entries in placements' accounts are listed along with those of `secrets`.
 */
export const bulkControlGrants: readonly Grant[] = [
  {
    sid: 'ReadNatsOperatorsInBulk',
    actions: ['secretsmanager:GetSecretValue'],
    resources: [`${controlSecret}/*`],
    conditions: { Null: { 'aws:ResourceTag/fairway:environment': 'true' } },
  },
  {
    sid: 'UseNatsKeyInBulk',
    actions: ['kms:Decrypt'],
    resources: ['${credentialsKey}'],
    conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
  },
]
