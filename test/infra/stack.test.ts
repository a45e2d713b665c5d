import { Duration } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { describe, expect, it } from 'vitest'
import { intakePaths } from '../../flow/intake/intake.ts'
import { namesOf } from '../../infra/names.ts'
import { intakeRoutes } from '../../infra/routes.ts'
import { machineNames } from '../../infra/rules.ts'
import { placeholderOf, stageNames, stages } from '../../infra/stages.ts'
import { readConfig } from '../../lambdas/config.ts'
import { functionMilliseconds } from '../../lambdas/runtime/core.ts'
import { longestLook } from '../../lambdas/runtime/looking.ts'
import { tableDefinition } from '../../store/definition.ts'
import { definitions, statesOf, textsOf } from '../asl/definitions.ts'
import { account, installation, region, synthesise, textOf } from './template.ts'

const names = namesOf(installation)
const stack = synthesise()

describe('the table', () => {
  const table = stack.named('AWS::DynamoDB::GlobalTable', names.base)
  const [replica] = table.Properties['Replicas'] as [Record<string, unknown>]

  it('can be restored to any second, and is neither deleted with the stack nor by hand', () => {
    expect(replica).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
    expect(table.DeletionPolicy).toBe('Retain')
  })

  it('has the keys and indexes that the store defines', () => {
    const keys = ({ partitionKey, sortKey }: { partitionKey: { name: string }; sortKey?: { name: string } }) => [
      { AttributeName: partitionKey.name, KeyType: 'HASH' },
      ...(sortKey ? [{ AttributeName: sortKey.name, KeyType: 'RANGE' }] : []),
    ]
    expect(table.Properties).toMatchObject({
      KeySchema: keys(tableDefinition),
      GlobalSecondaryIndexes: tableDefinition.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keys(index),
        Projection: { ProjectionType: index.projection },
      })),
    })
  })
})

describe('a function', () => {
  const functionOf = (stage: (typeof stageNames)[number]) => stack.named('AWS::Lambda::Function', names.stage(stage))

  it.each(stageNames)(
    '%s has the environment that lambdas/config.ts reads, and nothing that it does not know',
    (stage) => {
      const { Variables } = functionOf(stage).Properties['Environment'] as {
        Variables: Record<string, string>
      }
      const config = readConfig({ ...Variables, AWS_REGION: region })
      expect(config).toMatchObject({
        FAIRWAY_INSTALLATION: installation,
        FAIRWAY_ACCOUNT: account,
        FAIRWAY_TABLE: names.base,
        FAIRWAY_BUS: names.base,
        FAIRWAY_BOUNDARY: names.boundary,
        FAIRWAY_MEMBER_ROLE: '',
      })
      expect(Object.keys(Variables).filter((name) => !(name in config))).toEqual([])
    },
  )

  it('gets the settings that are given', () => {
    const given = synthesise({
      brakeWorkloads: 5,
      brakePercent: 2.5,
      brakeSystemPercent: 40,
      fleetEvery: Duration.minutes(30),
      fleetSample: 9,
      concurrent: 20,
      overlap: { least: Duration.seconds(90), most: Duration.days(3) },
      secretRecoveryDays: 7,
      portUrl: 'https://api.us.port.io',
      commitAuthor: { name: 'Platform', email: 'platform@example.com' },
    })
    const { Variables } = given.named('AWS::Lambda::Function', names.stage('source')).Properties['Environment'] as {
      Variables: Record<string, string>
    }
    expect(readConfig({ ...Variables, AWS_REGION: region })).toMatchObject({
      FAIRWAY_BRAKE_WORKLOADS: 5,
      FAIRWAY_BRAKE_PERCENT: 2.5,
      FAIRWAY_BRAKE_SYSTEM_PERCENT: 40,
      FAIRWAY_FLEET_MINUTES: 30,
      FAIRWAY_FLEET_SAMPLE: 9,
      FAIRWAY_CONCURRENT: 20,
      FAIRWAY_OVERLAP_MINUTES: 1.5,
      FAIRWAY_OVERLAP_HOURS: 72,
      FAIRWAY_SECRET_RECOVERY_DAYS: 7,
      FAIRWAY_PORT_URL: 'https://api.us.port.io',
      FAIRWAY_COMMIT_NAME: 'Platform',
      FAIRWAY_COMMIT_EMAIL: 'platform@example.com',
    })
  })

  it('takes no longer than a lease is sure to last', () => {
    for (const stage of stageNames.filter((each) => !('unleased' in stages[each]))) {
      expect(Number(functionOf(stage).Properties['Timeout']) * 1000, stage).toBeLessThanOrEqual(functionMilliseconds)
    }
    // A look has a lease of its own, on the shard.
    for (const stage of ['fleet', 'branches'] as const) {
      expect(Number(functionOf(stage).Properties['Timeout']) * 1000, stage).toBeLessThan(longestLook)
    }
  })

  it('ends before the task that called it gives up, so that its own error is what is seen', () => {
    const tasks = definitions.flatMap(([file, definition]) =>
      statesOf(definition).flatMap(({ name, state }) => {
        const called = (state['Parameters'] as { FunctionName?: string } | undefined)?.FunctionName
        const stage = stageNames.find((each) => called === `\${${placeholderOf(each)}}`)
        return stage === undefined ? [] : [{ where: `${file} ${name}`, stage, limit: Number(state['TimeoutSeconds']) }]
      }),
    )
    expect(tasks.length).toBeGreaterThan(20)
    expect(tasks.filter(({ stage, limit }) => !(stages[stage].timeout < limit))).toEqual([])
  })

  it('is not called a second time by Lambda itself', () => {
    const configured = stack.ofType('AWS::Lambda::EventInvokeConfig')
    expect(configured).toHaveLength(stageNames.length)
    for (const { Properties } of configured) expect(Properties).toMatchObject({ MaximumRetryAttempts: 0 })
  })
})

describe('a state machine', () => {
  const machineOf = (name: (typeof machineNames)[number]) =>
    stack.named('AWS::StepFunctions::StateMachine', names.machine(name)).Properties as {
      DefinitionString: string
      DefinitionSubstitutions: Record<string, string>
    }

  it.each(machineNames)('%s is the file that runs locally', (name) => {
    const file = definitions.find(([each]) => each === `${name}.asl.json`)?.[1]
    expect(JSON.parse(machineOf(name).DefinitionString)).toEqual(file)
  })

  it.each(machineNames)('%s has every placeholder filled with what is in this stack', (name) => {
    const { DefinitionString, DefinitionSubstitutions } = machineOf(name)
    const placeholders = textsOf(JSON.parse(DefinitionString)).flatMap(([, text]) =>
      [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''),
    )
    const functions = new Map(stageNames.map((stage) => [placeholderOf(stage), `function:${names.stage(stage)}`]))
    expect(Object.keys(DefinitionSubstitutions).sort()).toEqual([...new Set(placeholders)].sort())
    for (const [placeholder, arn] of Object.entries(DefinitionSubstitutions)) {
      expect(arn.split(':').slice(5).join(':')).toBe(functions.get(placeholder))
    }
  })

  it('logs its errors, without inputs and outputs, and is traced', () => {
    for (const { Properties } of stack.ofType('AWS::StepFunctions::StateMachine')) {
      expect(Properties).toMatchObject({
        LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
        TracingConfiguration: { Enabled: true },
      })
    }
  })

  it('has a file, and every file a machine', () => {
    expect(definitions.map(([file]) => file).sort()).toEqual(machineNames.map((name) => `${name}.asl.json`).sort())
  })
})

describe('the webhooks', () => {
  it('are exactly the routes that intake answers, and POST', () => {
    expect(intakeRoutes).toEqual(intakePaths)
    const routes = stack.ofType('AWS::ApiGatewayV2::Route').map((route) => textOf(route, 'RouteKey', ''))
    const webhooks = routes.filter((route) => route.includes('/webhooks/'))
    expect(webhooks.sort()).toEqual(intakePaths.map((path) => `POST ${path}`).sort())
  })

  it('are throttled, and log neither headers nor bodies', () => {
    const [stage] = stack.ofType('AWS::ApiGatewayV2::Stage')
    expect(stage?.Properties).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
    })
    expect(JSON.stringify(stage?.Properties['AccessLogSettings'])).not.toMatch(/header|body|authorizer|querystring/i)
  })
})

describe('secrets', () => {
  it('are made empty, with the key of credentials, and stay when the stack goes', () => {
    const secrets = stack.ofType('AWS::SecretsManager::Secret')
    expect(secrets.map((secret) => textOf(secret, 'Name', '')).sort()).toEqual(
      ['git', 'github', 'nats/main', 'port', 'webhooks/github'].map(
        (name) => `fairway-control/${installation}/${name}`,
      ),
    )
    for (const { Properties, DeletionPolicy } of secrets) {
      expect(Object.keys(Properties)).not.toContain('SecretString')
      expect(Object.keys(Properties)).not.toContain('GenerateSecretString')
      expect(Properties['KmsKeyId']).toBe(`${stack.ofType('AWS::KMS::Key')[0]?.id}.Arn`)
      expect(DeletionPolicy).toBe('Retain')
    }
  })

  it('are named in the outputs, each of them', () => {
    const values = Object.values(stack.outputs).map(({ Value }) => Value)
    const secrets = stack.ofType('AWS::SecretsManager::Secret').map(({ Properties }) => Properties['Name'])
    expect(values).toEqual(expect.arrayContaining(secrets))
  })
})

describe('logs', () => {
  it('end: every log group says when', () => {
    const groups = synthesise({ logRetention: RetentionDays.ONE_WEEK }).ofType('AWS::Logs::LogGroup')
    expect(groups.length).toBe(stageNames.length + machineNames.length + 1)
    for (const { Properties } of groups) expect(Properties['RetentionInDays']).toBe(7)
  })
})

describe('alarms', () => {
  const watched = stack.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => JSON.stringify(Properties))
  const watches = (metric: string, of: string) =>
    watched.some((alarm) => alarm.includes(`"MetricName":"${metric}"`) && alarm.includes(of))

  it('watch every queue, every machine and every function', () => {
    const queues = stack.ofType('AWS::SQS::Queue').map(({ id }) => id)
    const metrics = ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage']
    expect(queues.filter((queue) => !metrics.some((metric) => watches(metric, queue)))).toEqual([])
    expect(machineNames.filter((name) => !watches('ExecutionsFailed', `:${names.machine(name)}"`))).toEqual([])
    expect(stageNames.filter((stage) => !watches('Throttles', `"${names.stage(stage)}"`))).toEqual([])
  })
})

describe('an installation', () => {
  it.each(['Acme', 'acme_eu', 'a--b', '1st', 'x'.repeat(21), ''])('is not called %j', (name) => {
    expect(() => synthesise({ installation: name })).toThrow('must be lower-case letters')
  })

  it('for trying out leaves nothing behind', () => {
    const trial = synthesise({ disposable: true })
    for (const type of [
      'AWS::DynamoDB::GlobalTable',
      'AWS::KMS::Key',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
    ]) {
      for (const { DeletionPolicy } of trial.ofType(type)) expect(DeletionPolicy ?? 'Delete').toBe('Delete')
    }
  })
})
