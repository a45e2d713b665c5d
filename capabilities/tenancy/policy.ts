import type { TenancySubject } from '../../domain/capability.ts'
import { secretPrefix } from '../../domain/names.ts'
import { partitionOf } from '../../domain/partition.ts'
import type { PolicyDocument, PolicyStatement } from '../../domain/policy.ts'

/** Reads the entries of this system in this cluster, and nothing else. */
export function readerPolicy({ installation, system, cluster }: TenancySubject): PolicyDocument {
  const { account, region, secretsKey } = cluster.spec.aws
  const prefix = secretPrefix(installation.name, cluster.name, system.name)
  const read: PolicyStatement = {
    Effect: 'Allow',
    Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    Resource: [`arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${prefix}*`],
  }
  return { Version: '2012-10-17', Statement: secretsKey ? [read, decrypt(secretsKey, region, account)] : [read] }
}

/** The account's own aws/secretsmanager key needs no permission; a key of one's own does. */
function decrypt(key: string, region: string, account: string): PolicyStatement {
  return {
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: [key],
    Condition: {
      StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` },
    },
  }
}
