import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { machineNames } from '../../infra/rules.ts'
import { stageNames } from '../../infra/stages.ts'
import { tableDefinition } from '../../store/definition.ts'
import type { Json } from './api.ts'
import { machineArn, names, onlyApi, text, texts, type Deployed } from './deployed.ts'

/** What is kept, and watched. */
export function dataRules(world: () => Deployed): void {
  it('makes the table as the store defines it, and not to be deleted', async () => {
    const { aws } = world()
    const { Table } = await aws.dynamoDb.send(new DescribeTableCommand({ TableName: names.base }))
    expect(Table).toMatchObject({
      KeySchema: [{ AttributeName: tableDefinition.partitionKey.name, KeyType: 'HASH' }],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      DeletionProtectionEnabled: true,
      GlobalSecondaryIndexes: tableDefinition.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey.name, KeyType: 'HASH' },
          { AttributeName: index.sortKey.name, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: index.projection },
      })),
    })
  })

  it('makes a key of credentials that turns every year, found by its alias, in each account', async () => {
    const { aws, there, key, memberKey } = world()
    for (const [{ api }, arn] of [
      [aws, key],
      [there, memberKey],
    ] as const) {
      const found = await api.json('kms', 'TrentService.DescribeKey', { KeyId: `alias/${names.with('credentials')}` })
      const { Arn, Enabled, KeyId } = found['KeyMetadata'] as Json
      expect({ Arn, Enabled }).toEqual({ Arn: arn, Enabled: true })
      const rotation = await api.json('kms', 'TrentService.GetKeyRotationStatus', { KeyId })
      expect(rotation['KeyRotationEnabled']).toBe(true)
    }
  })

  it('makes the control plane’s secrets, encrypted with that key, empty, and named in the outputs', async () => {
    const { aws, stack, key } = world()
    const secrets = stack.ofType('AWS::SecretsManager::Secret').map((secret) => text(secret, 'Name'))
    expect(secrets.length).toBeGreaterThan(4)
    expect(Object.values(stack.outputs)).toEqual(expect.arrayContaining(secrets))
    for (const SecretId of secrets) {
      const { KmsKeyId } = await aws.secretsManager.send(new DescribeSecretCommand({ SecretId }))
      expect(KmsKeyId).toBe(key)
      const value = aws.secretsManager.send(new GetSecretValueCommand({ SecretId }))
      await expect(value).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    }
  })

  it('makes log groups that end their logs', async () => {
    const { aws, stack } = world()
    const answer = await aws.api.json('logs', 'Logs_20140328.DescribeLogGroups', { limit: 50 })
    const made = answer['logGroups'] as readonly Json[]
    expect(texts(made, 'logGroupName')).toEqual(texts(stack.ofType('AWS::Logs::LogGroup'), 'LogGroupName'))
    expect(new Set(texts(made, 'retentionInDays'))).toEqual(new Set(['90']))
  })

  it('makes alarms, whose dimensions are of things that are there', async () => {
    const { aws, stack } = world()
    const { MetricAlarms } = await aws.api.json('monitoring', 'GraniteServiceVersion20100801.DescribeAlarms', {})
    const alarms = MetricAlarms as readonly (Json & {
      readonly Dimensions: readonly { Name: string; Value: string }[]
    })[]
    expect(texts(alarms, 'AlarmName')).toEqual(texts(stack.ofType('AWS::CloudWatch::Alarm'), 'AlarmName'))
    const known = new Set([
      ...stageNames.map((stage) => names.stage(stage)),
      ...machineNames.map((name) => machineArn(names.machine(name))),
      ...['undelivered', 'writers.fifo', 'writers-undelivered.fifo'].map((queue) => names.with(queue)),
      await onlyApi(aws),
    ])
    const watched = alarms.flatMap(({ Dimensions }) =>
      Dimensions.filter(({ Name }) => /^(?:FunctionName|StateMachineArn|QueueName|ApiId)$/.test(Name)),
    )
    expect(watched.filter(({ Value }) => !known.has(Value))).toEqual([])
  })
}
