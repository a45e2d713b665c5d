import { describe, expect, it } from 'vitest'
import type { Grant } from '../../domain/grants.ts'
import { matches } from '../../domain/wildcard.ts'
import { namesOf } from '../../infra/names.ts'
import { grantsOf } from '../../infra/stagegrants.ts'
import { placeholderOf, stageNames, type Stage } from '../../infra/stages.ts'
import { machineNames } from '../../infra/rules.ts'
import { definitions, statesOf } from '../asl/definitions.ts'
import { account, installation, listOf, region, statementsOf, synthesise, textOf, type Statement } from './template.ts'

const names = namesOf(installation)
const stack = synthesise({ natsOperators: ['main', 'edge'], gitSources: ['quotes'], argocdClusters: ['dev'] })
const key = `${stack.ofType('AWS::KMS::Key')[0]?.id}.Arn`

function granted(stage: Stage): readonly Statement[] {
  return statementsOf(stack, stack.named('AWS::IAM::Role', names.stage(stage)))
}

describe('a function’s role', () => {
  it.each(stageNames)('%s says exactly what its grants declare, and nothing else', (stage) => {
    const declared = grantsOf(stage).map((grant) => asStatement(grant, stage))
    expect(inOrder(granted(stage).map(plain))).toEqual(inOrder(declared))
  })

  it.each(stageNames)(
    '%s names its services’ actions and resources: nothing for all actions or everything',
    (stage) => {
      for (const { Action, Resource } of granted(stage)) {
        for (const action of listOf(Action)) expect(action).toMatch(/^[a-z-]+:[A-Za-z]+$/)
        for (const resource of listOf(Resource)) expect(resource).not.toMatch(/^\*|^arn:aws:\w+:[^:]*:[^:]*:\*$/)
      }
    },
  )

  it.each(stageNames)('%s has statement names that IAM accepts, each once', (stage) => {
    const sids = granted(stage).map(({ Sid }) => Sid ?? '')
    expect(new Set(sids).size).toBe(sids.length)
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/)
  })

  it('is not under the path of the roles that the iam function may change, whatever installation it is of', () => {
    const changeable = grantsOf('iam').flatMap(({ actions, resources }) =>
      actions.includes('iam:PutRolePolicy') ? resources : [],
    )
    expect(changeable).toEqual(['arn:${partition}:iam::${account}:role/fairway/${installation}-*'])
    for (const role of stack.ofType('AWS::IAM::Role')) expect(textOf(role, 'Path', '/')).not.toBe('/fairway/')
  })
})

describe('the control plane’s own secrets', () => {
  const made = stack.ofType('AWS::SecretsManager::Secret').map(({ Properties }) => String(Properties['Name']))
  const others = ['nats/accounts/claims/dev'].map((name) => `fairway-control/${installation}/${name}`)
  const readers: Readonly<Record<string, readonly Stage[]>> = {
    'webhooks/github': ['intake'],
    'webhooks/port': ['intake'],
    'webhooks/git/quotes': ['intake'],
    'webhooks/argocd/dev': ['intake'],
    port: ['source', 'report'],
    git: ['source', 'commit'],
    'nats/main': ['nats'],
    'nats/edge': ['nats'],
    'nats/accounts/claims/dev': ['nats'],
  }

  it.each([...made, ...others])('%s is read by those who need it, and by nobody else', (name) => {
    const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbC123`
    const able = stageNames.filter((stage) =>
      granted(stage).some(
        ({ Action, Resource }) =>
          listOf(Action).includes('secretsmanager:GetSecretValue') &&
          listOf(Resource).some((resource) => matches(resource, arn)),
      ),
    )
    expect(able).toEqual(readers[name.split('/').slice(2).join('/')])
  })

  it('are decrypted through Secrets Manager only, never by hand', () => {
    for (const stage of stageNames) {
      for (const { Action, Resource, Condition } of granted(stage)) {
        if (!listOf(Action).some((action) => action.startsWith('kms:'))) continue
        expect(listOf(Resource)).toEqual([key])
        expect(Condition).toEqual({ StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } })
      }
    }
  })
})

describe('a state machine’s role', () => {
  it.each(machineNames)('%s calls the functions that its definition names, and no other', (machine) => {
    const definition = definitions.find(([file]) => file === `${machine}.asl.json`)?.[1]
    const called = statesOf(definition as never).flatMap(({ state }) => {
      const name = (state['Parameters'] as { readonly FunctionName?: string } | undefined)?.FunctionName
      const stage = stageNames.find((each) => name === `\${${placeholderOf(each)}}`)
      return stage === undefined ? [] : [`arn:aws:lambda:${region}:${account}:function:${names.stage(stage)}`]
    })
    const arn = String(stack.named('AWS::StepFunctions::StateMachine', names.machine(machine)).Properties['RoleArn'])
    const role = stack.ofType('AWS::IAM::Role').find(({ id }) => arn === `${id}.Arn`)
    const allowed = statementsOf(stack, role as never).flatMap(({ Action, Resource }) =>
      listOf(Action).includes('lambda:InvokeFunction') ? listOf(Resource) : [],
    )
    expect([...allowed].sort()).toEqual([...new Set(called)].sort())
    expect(called.length).toBeGreaterThan(0)
  })
})

function asStatement({ sid, actions, resources, conditions }: Grant, stage: Stage): object {
  const text = JSON.stringify({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    Condition: conditions,
  })
  return JSON.parse(filled(text, stage)) as object
}

function plain({ Action, Resource, ...rest }: Statement): object {
  return { ...rest, Action: listOf(Action), Resource: listOf(Resource) }
}

function filled(text: string, stage: Stage): string {
  const values: Readonly<Record<string, string>> = {
    account,
    region,
    partition: 'aws',
    installation,
    boundary: names.boundary,
    credentialsKey: key,
    stage,
  }
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

function inOrder(statements: readonly object[]): readonly object[] {
  return statements.toSorted((a, b) => (JSON.stringify(sid(a)) < JSON.stringify(sid(b)) ? -1 : 1))
}

function sid(statement: object): unknown {
  return (statement as { readonly Sid?: string }).Sid
}
