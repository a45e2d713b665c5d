import { describe, expect, it } from 'vitest'
import { matches } from '../../domain/wildcard.ts'
import { namesOf } from '../../infra/names.ts'
import { centralGrants, grantsOf, memberGrants, placementGrants } from '../../infra/stagegrants.ts'
import { placeholderOf, stageNames, type Stage } from '../../infra/stages.ts'
import { machineNames } from '../../infra/rules.ts'
import { definitions, statesOf } from '../asl/definitions.ts'
import { carried, declared, inOrder, keyOf } from './declared.ts'
import {
  account,
  installation,
  listOf,
  policyLimit,
  policyNamed,
  policySize,
  region,
  statementsOf,
  synthesise,
  textOf,
  type Statement,
} from './template.ts'

const names = namesOf(installation)
const stack = synthesise({ natsOperators: ['main', 'edge'], gitSources: ['quotes'], argocdClusters: ['dev'] })
/** Two other accounts, and clusters in three regions. */
const members = ['333333333333', '444444444444']
const regions = ['eu-west-1', 'eu-central-1', 'ap-southeast-2']
const synthesised = {
  narrow: stack,
  wide: synthesise({ members, regions }),
  widest: synthesise({
    members: Array.from({ length: 50 }, (_, index) => String(333_333_333_333 + index)),
    regions,
    secretsKeys: regions.slice(1).map((each) => `arn:aws:kms:${each}:${account}:key/mrk-${'0'.repeat(32)}`),
  }),
}
const key = keyOf(stack)

function granted(stage: Stage): readonly Statement[] {
  return statementsOf(stack, stack.named('AWS::IAM::Role', names.stage(stage)))
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
const withoutResources = new Set([
  'iam:GetAccountAuthorizationDetails',
  'iam:GetAccountSummary',
  'secretsmanager:ListSecrets',
  'tag:GetResources',
])

describe('a function’s role', () => {
  it.each(stageNames)('%s says exactly what its grants declare, and nothing else', (stage) => {
    const role = stack.named('AWS::IAM::Role', names.stage(stage))
    expect(inOrder(carried(stack, role))).toEqual(inOrder(declared(stack, stage, grantsOf(stage))))
  })

  it.each(stageNames)('%s reaches placements in all regions and member accounts, and the rest only here', (stage) => {
    const wide = synthesised.wide
    const said = [
      ...declared(wide, stage, centralGrants(stage)),
      ...declared(wide, stage, placementGrants[stage] ?? [], { region: regions }),
      ...declared(wide, stage, memberGrants(stage), { member: members }),
    ]
    expect(inOrder(carried(wide, wide.named('AWS::IAM::Role', names.stage(stage))))).toEqual(inOrder(said))
  })

  it.each(stageNames)('%s takes on its own role in each member account, and no other role', (stage) => {
    const wide = synthesised.wide
    const taken = statementsOf(wide, wide.named('AWS::IAM::Role', names.stage(stage))).flatMap(
      ({ Action, Resource }) =>
        listOf(Action).some((action) => action.startsWith('sts:')) ? [[listOf(Action), listOf(Resource)]] : [],
    )
    const roles = members.map((id) => `arn:aws:iam::${id}:role/fairway-control/${names.stage(stage)}`)
    expect(taken).toEqual(placementGrants[stage] ? [[['sts:AssumeRole'], roles]] : [])
    expect(
      granted(stage)
        .flatMap(({ Action }) => listOf(Action))
        .filter((each) => each.startsWith('sts:')),
    ).toEqual([])
  })

  it.each(stageNames)('%s fits into IAM’s limit, with three regions and fifty members too', (stage) => {
    for (const stack of [synthesised.narrow, synthesised.wide, synthesised.widest]) {
      expect(policySize(stack.named('AWS::IAM::Role', names.stage(stage)))).toBeLessThanOrEqual(policyLimit)
    }
  })

  it('is within the boundary of functions', () => {
    const boundary = policyNamed(stack, `${names.boundary}-function`)
    for (const stage of stageNames) {
      expect(stack.named('AWS::IAM::Role', names.stage(stage)).Properties['PermissionsBoundary']).toBe(boundary.id)
    }
  })

  it.each(stageNames)(
    '%s names its services’ actions and resources: nothing for all actions or everything',
    (stage) => {
      for (const { Action, Resource } of granted(stage)) {
        // AWS knows no resources for these.
        if (listOf(Action).every((action) => withoutResources.has(action))) continue
        for (const action of listOf(Action)) expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/)
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

/** A condition that holds for what has no such tag. */
const untagged = '"Null":{"aws:ResourceTag/fairway:environment":"true"}'

describe('the control plane’s own secrets', () => {
  const made = stack.ofType('AWS::SecretsManager::Secret').map(({ Properties }) => String(Properties['Name']))
  const others = ['nats/accounts/claims/dev'].map((name) => `fairway-control/${installation}/${name}`)
  const readers: Readonly<Record<string, readonly Stage[]>> = {
    'webhooks/github': ['doctor', 'intake'],
    'webhooks/git/quotes': ['doctor', 'intake'],
    'webhooks/argocd/dev': ['doctor', 'intake'],
    port: ['source', 'report', 'doctor', 'intake'],
    git: ['source', 'check', 'commit', 'write', 'branches', 'doctor'],
    github: ['source', 'check', 'commit', 'write', 'branches', 'doctor'],
    'nats/main': ['nats', 'fleet'],
    'nats/edge': ['nats', 'fleet'],
    'nats/accounts/claims/dev': ['nats'],
  }

  it.each([...made, ...others])('%s is read by those who need it, and by nobody else', (name) => {
    const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbC123`
    const able = stageNames.filter((stage) =>
      granted(stage).some(
        ({ Action, Resource, Condition }) =>
          listOf(Action).includes('secretsmanager:GetSecretValue') &&
          listOf(Resource).some((resource) => matches(resource, arn)) &&
          // Of the control plane's own secrets the accounts' masters have an environment, by their tag.
          !(name.includes('/nats/accounts/') && JSON.stringify(Condition ?? {}).includes(untagged)),
      ),
    )
    expect(able).toEqual(readers[name.split('/').slice(2).join('/')])
  })

  it('are decrypted through Secrets Manager only, never by hand', () => {
    for (const stage of stageNames) {
      for (const { Action, Resource, Condition } of granted(stage)) {
        if (!listOf(Action).some((action) => action.startsWith('kms:'))) continue
        expect(listOf(Resource)).toEqual([key])
        // It decrypts nothing.
        if (Action === 'kms:DescribeKey') continue
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
