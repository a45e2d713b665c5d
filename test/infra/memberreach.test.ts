import { describe, expect, it } from 'vitest'
import { readerRoleName } from '../../domain/names.ts'
import { matches } from '../../domain/wildcard.ts'
import { namesOf } from '../../infra/names.ts'
import { placementStages } from '../../infra/stagegrants.ts'
import type { Stage } from '../../infra/stages.ts'
import {
  account,
  installation,
  listOf,
  policyNamed,
  statementsOf,
  synthesise,
  synthesiseMember,
  textOf,
} from './template.ts'

/** How far the roles of functions reach in a member account: what is granted, and what their boundary denies. */

const names = namesOf(installation)
const member = synthesiseMember({ clusters: [{ name: 'dev-1' }] })
const controlPlane = synthesise({ members: [account] })
const everyStatement = member.ofType('AWS::IAM::Role').flatMap((role) => statementsOf(member, role))
const ofFunctions = `${names.boundary}-function`

/** All that gives a role permissions, and can be held to a boundary. */
const giving = new Set([
  'iam:AttachRolePolicy',
  'iam:CreateRole',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
])

describe('roles in a member account', () => {
  const boundaries = ['', '-reader'].map((end) => `arn:aws:iam::${account}:policy/fairway/${names.boundary}${end}`)

  it('are given permissions only within a boundary that is made here', () => {
    const made = member
      .ofType('AWS::IAM::ManagedPolicy')
      .map((policy) => textOf(policy, 'Path', '/') + textOf(policy, 'ManagedPolicyName', ''))
    const statements = everyStatement.filter(({ Action }) => listOf(Action).some((action) => giving.has(action)))
    expect(statements.length).toBeGreaterThanOrEqual(4)
    for (const { Condition } of statements) {
      const boundary = conditionOf(Condition, 'StringEquals', 'iam:PermissionsBoundary')
      expect(boundaries).toContain(boundary)
      expect(made).toContain(String(boundary).split(':policy')[1])
    }
  })

  it('are changed otherwise only where they carry this installation’s tag, or are being given it', () => {
    const changing = everyStatement.filter(({ Action }) =>
      listOf(Action).some((action) => action.startsWith('iam:') && !/^iam:(Get|List|PassRole)/.test(action)),
    )
    expect(changing.length).toBeGreaterThanOrEqual(10)
    for (const { Condition } of changing) {
      const tags = ['aws:ResourceTag/fairway:installation', 'aws:RequestTag/fairway:installation']
      expect(tags.map((tag) => conditionOf(Condition, 'StringEquals', tag))).toContain(installation)
    }
  })

  it('never lose their boundary: nothing allows it, and the boundary of functions denies it', () => {
    expect(
      everyStatement
        .flatMap(({ Action }) => listOf(Action))
        .filter((each) => /Delete.*Boundary|Policy(Version|Versions)$|AttachRole/.test(each)),
    ).toEqual([])
    expect(denies('iam', { action: 'iam:DeleteRolePermissionsBoundary' })).toBe(true)
    expect(denies('iam', { action: 'iam:SetDefaultPolicyVersion' })).toBe(true)
  })

  it('are passed to nobody but pods, and only those under /fairway/', () => {
    const passing = everyStatement.filter(({ Action }) => listOf(Action).includes('iam:PassRole'))
    expect(passing).toHaveLength(1)
    for (const { Resource, Condition } of passing) {
      expect(Resource).toBe(`arn:aws:iam::${account}:role/fairway/${installation}-*`)
      expect(Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' } })
    }
  })

  it.each([
    ['made without a boundary', true, { action: 'iam:CreateRole' }],
    [
      'made with a foreign boundary',
      true,
      { action: 'iam:CreateRole', boundary: 'arn:aws:iam::aws:policy/PowerUserAccess' },
    ],
    ['made with the boundary of workloads', false, { action: 'iam:CreateRole', boundary: boundaries[0] }],
    ['given a policy without a boundary', true, { action: 'iam:PutRolePolicy' }],
    ['given a policy within the boundary', false, { action: 'iam:PutRolePolicy', boundary: boundaries[0] }],
    ['passed to EC2', true, { action: 'iam:PassRole', service: 'ec2.amazonaws.com' }],
    ['passed to pods', false, { action: 'iam:PassRole', service: 'pods.eks.amazonaws.com' }],
    ['trusted for somebody else', false, { action: 'iam:UpdateAssumeRolePolicy' }],
  ])('when %s: denied by the boundary of functions, whatever is granted: %s', (_, denied, call) => {
    expect(denies('iam', call)).toBe(denied)
  })

  it('that read secrets are opened by tenancy alone, although the iam function’s pattern covers them', () => {
    const reader = `arn:aws:iam::${account}:role/fairway/${readerRoleName(installation, 'dev', 'claims')}`
    for (const action of ['iam:UpdateAssumeRolePolicy', 'iam:PutRolePolicy', 'iam:PassRole'] as const) {
      const call = { action, resource: reader, boundary: boundaries[1], service: 'pods.eks.amazonaws.com' }
      expect(denies('iam', call)).toBe(true)
      expect(denies('secrets', call)).toBe(true)
      expect(denies('tenancy', call)).toBe(false)
    }
  })

  it('of functions are within that boundary, here and where the control plane is', () => {
    for (const stack of [member, controlPlane]) {
      const guard = policyNamed(stack, ofFunctions)
      for (const stage of placementStages)
        expect(stack.named('AWS::IAM::Role', names.stage(stage)).Properties['PermissionsBoundary']).toBe(guard.id)
    }
  })
})

interface Call {
  readonly action: string
  readonly resource?: string
  readonly boundary?: string | undefined
  readonly service?: string
}

/** What IAM would make of the boundary’s denials, as far as they go: an operator with “not” holds without its key. */
function denies(
  stage: Stage,
  { action, resource = 'arn:aws:iam::1:role/fairway/x', boundary, service }: Call,
): boolean {
  const { statements } = policyNamed(member, ofFunctions)
  const context: Readonly<Record<string, string | undefined>> = {
    'iam:PermissionsBoundary': boundary,
    'iam:PassedToService': service,
    'aws:PrincipalArn': `arn:aws:iam::${account}:role/fairway-control/${names.stage(stage)}`,
  }
  return statements.some(({ Effect, Action, Resource, Condition = {} }) => {
    if (Effect !== 'Deny' || !listOf(Action).includes(action)) return false
    if (!listOf(Resource).some((pattern) => matches(pattern, resource))) return false
    return Object.entries(Condition as Record<string, Record<string, string | string[]>>).every(([operator, keys]) => {
      expect(['StringNotEquals', 'ArnNotEquals']).toContain(operator)
      return Object.entries(keys).every(([key, values]) => !listOf(values).includes(String(context[key])))
    })
  })
}

function conditionOf(condition: unknown, operator: string, key: string): unknown {
  return (condition as Record<string, Record<string, unknown> | undefined> | undefined)?.[operator]?.[key]
}
