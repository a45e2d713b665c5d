import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { beforeAll, describe, expect, it } from 'vitest'
import { ControlPlane } from '../../infra/controlplane.ts'
import { intakeRoutes, operationNames, operationPath, operations, type OperationName } from '../../infra/routes.ts'
import { namesOf } from '../../infra/names.ts'
import { stages } from '../../infra/stages.ts'
import { matches } from '../../domain/wildcard.ts'
import { account, installation, listOf, region, statementsOf, synthesise, textOf } from './template.ts'

const names = namesOf(installation)
const stack = synthesise()
const routes = stack.ofType('AWS::ApiGatewayV2::Route')
const [api] = stack.ofType('AWS::ApiGatewayV2::Api')
const [stage] = stack.ofType('AWS::ApiGatewayV2::Stage')
const keyOf = (operation: OperationName) => `POST ${operationPath(operation)}`

describe('a route', () => {
  it.each(operationNames)('of the operation %s asks IAM', (operation) => {
    const route = routes.find((one) => textOf(one, 'RouteKey', '') === keyOf(operation))
    expect(route?.Properties).toMatchObject({ AuthorizationType: 'AWS_IAM' })
  })

  it.each(intakeRoutes)('of the webhook %s asks nobody: it checks a signature itself', (path) => {
    const route = routes.find((one) => textOf(one, 'RouteKey', '') === `POST ${path}`)
    expect(textOf(route ?? {}, 'AuthorizationType', 'NONE')).toBe('NONE')
  })

  it('is a webhook or an operation: there is no other, and none for whatever comes', () => {
    const wanted = [...intakeRoutes.map((path) => `POST ${path}`), ...operationNames.map(keyOf)]
    expect(routes.map((route) => textOf(route, 'RouteKey', '')).sort()).toEqual(wanted.sort())
  })

  it.each(operationNames)('of %s leads to the function that carries it out', (operation) => {
    const route = routes.find((one) => textOf(one, 'RouteKey', '') === keyOf(operation))
    const [, id] = textOf(route ?? {}, 'Target', '').split('/')
    const integration = stack.ofType('AWS::ApiGatewayV2::Integration').find((one) => one.id === id)
    expect(textOf(integration ?? {}, 'IntegrationUri', '')).toBe(
      `arn:aws:lambda:${region}:${account}:function:${names.stage(operations[operation])}`,
    )
    expect(integration?.Properties).toMatchObject({ PayloadFormatVersion: '2.0' })
  })

  it.each(operationNames)('of %s is throttled for itself, and measured', (operation) => {
    expect(stage?.Properties['RouteSettings']).toMatchObject({
      [keyOf(operation)]: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20, DetailedMetricsEnabled: true },
    })
  })

  it('has settings only after it is there: API Gateway refuses them before', () => {
    const made = routes.filter((route) => textOf(route, 'RouteKey', '').includes('/operations/')).map(({ id }) => id)
    expect((stage as unknown as { DependsOn: string[] }).DependsOn).toEqual(expect.arrayContaining(made))
  })
})

describe('a function behind an operation', () => {
  it('is called by API Gateway only, and only from its routes', () => {
    const functions = new Set(
      Object.values(operations).map((name) => `arn:aws:lambda:${region}:${account}:function:${names.stage(name)}`),
    )
    const permissions = stack
      .ofType('AWS::Lambda::Permission')
      .filter(({ Properties }) => functions.has(String(Properties['FunctionName'])))
    expect(permissions).toHaveLength(operationNames.length)
    for (const { Properties } of permissions) {
      expect(Properties).toMatchObject({ Principal: 'apigateway.amazonaws.com', Action: 'lambda:InvokeFunction' })
      expect(String(Properties['SourceArn'])).toContain(`:${api?.id}/*/*/operations/`)
    }
  })

  it('ends before API Gateway gives up on it, after 29 seconds', () => {
    for (const name of Object.values(operations)) expect(stages[name].timeout).toBeLessThan(29)
  })
})

describe('who may operate', () => {
  let allowed: (role: string) => readonly string[]

  beforeAll(() => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
    const own = new Stack(app, 'Stack')
    const controlPlane = new ControlPlane(own, 'Fairway', { installation })
    const role = (name: string) => new Role(own, name, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    controlPlane.grantOperate(role('Operator'))
    controlPlane.grantOperate(role('Reader'), 'status')
    controlPlane.grantOperate(role('Developer'), 'status', 'reconcile')
    const template = Template.fromStack(own).toJSON() as {
      Resources: Record<string, { Type: string; Properties: object }>
    }
    allowed = (name) =>
      Object.values(template.Resources).flatMap(({ Type, Properties }) => {
        if (Type !== 'AWS::IAM::Policy' || !JSON.stringify(Properties).includes(`"Ref":"${name}`)) return []
        const { PolicyDocument } = Properties as {
          PolicyDocument: { Statement: { Action: string; Resource: unknown }[] }
        }
        expect(PolicyDocument.Statement.map(({ Action }) => Action)).toEqual(
          PolicyDocument.Statement.map(() => 'execute-api:Invoke'),
        )
        const resources = PolicyDocument.Statement.flatMap(({ Resource }) => Resource)
        return resources.map(
          (resource) => (resource as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1].at(-1) as string,
        )
      })
  })

  const may = (role: string) =>
    operationNames.filter((operation) =>
      allowed(role).some((resource) => matches(`api${resource}`, `api/$default/POST${operationPath(operation)}`)),
    )

  it('is granted exactly the routes of the operations that are named', () => {
    expect(may('Reader')).toEqual(['status'])
    expect(may('Developer')).toEqual(['status', 'reconcile'])
  })

  it('is granted all when none is named, and no webhook', () => {
    expect(may('Operator')).toEqual(operationNames)
    for (const resource of allowed('Operator')) expect(resource).toMatch(/^\/\*\/POST\/operations\/[a-z]+$/)
  })

  it('is granted by nothing in the stack itself', () => {
    const statements = stack.ofType('AWS::IAM::Role').flatMap((role) => statementsOf(stack, role))
    expect(statements.filter(({ Action }) => listOf(Action).some((one) => one.startsWith('execute-api:')))).toEqual([])
  })
})

describe('the way there', () => {
  it('is an output of the stack, and the access log says who came', () => {
    expect(stack.outputs['FairwayOperationsUrl']?.Value).toBe(`${api?.id}.ApiEndpoint`)
    expect(JSON.stringify(stage?.Properties['AccessLogSettings'])).toContain('$context.identity.userArn')
  })
})
