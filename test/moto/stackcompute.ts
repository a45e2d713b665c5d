import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
} from '@aws-sdk/client-lambda'
import { expect, it } from 'vitest'
import { intakeRoutes, operationNames, operationPath } from '../../infra/routes.ts'
import { machineNames } from '../../infra/rules.ts'
import { stageNames, stages } from '../../infra/stages.ts'
import { definitions } from '../asl/definitions.ts'
import type { Json } from './api.ts'
import { functionArns, home, machineArn, names, onlyApi, text, texts, type Deployed } from './deployed.ts'

/** What runs, and is reached. */
export function computeRules(world: () => Deployed): void {
  it.each(stageNames)('makes the function %s with its time, memory, role and environment', async (stage) => {
    const { aws, stack, key } = world()
    const FunctionName = names.stage(stage)
    const made = await aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    const declared = stack.ofType('AWS::Lambda::Function').find((one) => one['FunctionName'] === FunctionName)
    expect(made).toMatchObject({
      Timeout: stages[stage].timeout,
      MemorySize: stages[stage].memory,
      Runtime: 'nodejs24.x',
      Role: `arn:aws:iam::${home.account}:role/fairway-control/${FunctionName}`,
      Environment: declared?.['Environment'],
    })
    expect(made.Environment?.Variables).toMatchObject({
      FAIRWAY_TABLE: names.base,
      FAIRWAY_BUS: names.base,
      FAIRWAY_ACCOUNT: home.account,
      FAIRWAY_CREDENTIALS_KEY: key,
    })
    const invoked = await aws.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }))
    expect(invoked.MaximumRetryAttempts).toBe(0)
  })

  it.each(machineNames)(
    'makes the machine %s of its file, with functions and machines that are there',
    async (name) => {
      const { aws } = world()
      const asked = { stateMachineArn: machineArn(names.machine(name)) }
      const made = await aws.api.json('states', 'AWSStepFunctions.DescribeStateMachine', asked)
      const definition = text(made, 'definition')
      expect(definition).not.toContain('${')
      const file = definitions.find(([each]) => each === `${name}.asl.json`)?.[1]
      const arns = new Set([...functionArns(), ...machineNames.map((other) => machineArn(names.machine(other)))])
      const called = new Set(definition.match(/arn:aws:(?:lambda|states):eu-west-1[^"]+/g))
      expect([...called].filter((arn) => !arns.has(arn))).toEqual([])
      expect(Object.keys((JSON.parse(definition) as { States: object }).States)).toEqual(
        Object.keys(file?.States ?? {}),
      )
      expect(made['roleArn']).toMatch(/:role\/fairway-control\//)
    },
  )

  it('makes an HTTP API of the webhooks and operations, which may call the functions behind it', async () => {
    const { aws } = world()
    const apiId = await onlyApi(aws)
    const of = async (what: string) =>
      (await aws.api.rest('apigateway', 'GET', `/v2/apis/${apiId}/${what}`))['items'] as readonly Json[]
    const routes = await of('routes')
    const wanted = [...intakeRoutes, ...operationNames.map((operation) => operationPath(operation))]
    expect(texts(routes, 'routeKey')).toEqual(wanted.map((path) => `POST ${path}`).toSorted())
    const integrations = new Map(
      (await of('integrations')).map((one) => [`integrations/${text(one, 'integrationId')}`, one]),
    )
    for (const route of routes) {
      const arn = integrations.get(text(route, 'target'))?.['integrationUri']
      expect(functionArns()).toContain(arn)
      const { Policy } = await aws.lambda.send(new GetPolicyCommand({ FunctionName: String(arn) }))
      expect(Policy).toContain(`${apiId}/*/*${text(route, 'routeKey').replace('POST ', '')}`)
    }
    const [stage] = await of('stages')
    expect(stage).toMatchObject({
      stageName: '$default',
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: 20 },
    })
  })
}
