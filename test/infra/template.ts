import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { readFileSync } from 'node:fs'
import { ControlPlane, type ControlPlaneProps } from '../../infra/controlplane.ts'
import { MemberAccount, type MemberAccountProps } from '../../infra/memberaccount.ts'
import { MemberRegion, type MemberRegionProps } from '../../infra/memberregion.ts'

/** The synthesised template with its functions filled in as CloudFormation would, for tests that read it as data. */

export const account = '111111111111'
export const region = 'eu-west-1'
export const installation = 'acme'

export interface Resource {
  readonly id: string
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: unknown
}

export interface Synthesised {
  ofType(type: string): readonly Resource[]
  /** By the type's own property for names, for example FunctionName. */
  named(type: string, name: string): Resource
  readonly outputs: Readonly<Record<string, { readonly Value: string }>>
}

const settings = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Record<string, unknown>
}

/** Settings of cdk.json, and no bundling: the functions' code is the bundle tests' matter. */
export function synthesise(props: Partial<ControlPlaneProps> = {}): Synthesised {
  return synthesised((stack) => new ControlPlane(stack, 'Fairway', { installation, ...props }))
}

/** The account in whose name the template of a member is filled in is `account`. */
export const controlPlaneAccount = '222222222222'

export function synthesiseMember(props: Partial<MemberAccountProps> = {}): Synthesised {
  return synthesised((stack) => new MemberAccount(stack, 'Fairway', { installation, controlPlaneAccount, ...props }))
}

export function synthesiseRegion(props: Partial<MemberRegionProps> = {}): Synthesised {
  return synthesised((stack) => new MemberRegion(stack, 'Fairway', { installation, controlPlaneAccount, ...props }))
}

function synthesised(fill: (stack: Stack) => unknown): Synthesised {
  return read(templateOf(fill))
}

/** As CloudFormation gets it. */
export function templateOf(fill: (stack: Stack) => unknown): { [key: string]: Record<string, unknown> } {
  const app = new App({ context: { ...settings.context, 'aws:cdk:bundling-stacks': [] } })
  const stack = new Stack(app, 'Stack')
  fill(stack)
  return Template.fromStack(stack).toJSON()
}

const nameProperties: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
}

function read(template: { [key: string]: Record<string, unknown> }): Synthesised {
  const raw = (template['Resources'] ?? {}) as Record<string, Omit<Resource, 'id'> | undefined>
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  }

  function filled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(filled)
    if (typeof value !== 'object' || value === null) return value
    const [[key, argument] = ['', undefined], ...more] = Object.entries(value)
    if (more.length === 0 && key === 'Ref') return pseudo[String(argument)] ?? nameOf(String(argument))
    if (more.length === 0 && key === 'Fn::GetAtt') return attribute(...(argument as [string, string]))
    if (more.length === 0 && key === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown[]]
      return parts.map(filled).join(separator)
    }
    if (more.length === 0 && key === 'Fn::Sub') {
      return String(argument).replaceAll(/\$\{([\w:]+)\}/g, (_, name: string) => pseudo[name] ?? nameOf(name))
    }
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member)]))
  }

  function nameOf(id: string): string {
    return raw[id]?.Type === 'AWS::StepFunctions::StateMachine' ? attribute(id, 'Arn') : ownName(id)
  }

  function attribute(id: string, name: string): string {
    const places: Readonly<Record<string, string>> = {
      'AWS::Lambda::Function': `lambda:${region}:${account}:function:`,
      'AWS::StepFunctions::StateMachine': `states:${region}:${account}:stateMachine:`,
    }
    const place = places[raw[id]?.Type ?? '']
    return place === undefined || name !== 'Arn' ? `${id}.${name}` : `arn:aws:${place}${ownName(id)}`
  }

  function ownName(id: string): string {
    const resource = raw[id]
    return resource === undefined ? id : textOf(resource, nameProperties[resource.Type] ?? '', id)
  }

  const resources = Object.entries(raw).map(
    ([id, resource]) => ({ id, Properties: {}, ...(filled(resource) as object) }) as unknown as Resource,
  )
  return {
    ofType: (type) => resources.filter((resource) => resource.Type === type),
    named(type, name) {
      const property = nameProperties[type] ?? ''
      const found = resources.find(({ Type, Properties }) => Type === type && Properties[property] === name)
      if (found === undefined) throw new Error(`no ${type} is called ${name}`)
      return found
    },
    outputs: filled(template['Outputs'] ?? {}) as Synthesised['outputs'],
  }
}

/** Every statement of every policy that a role carries, whichever way it is attached. */
export function statementsOf(stack: Synthesised, role: Resource): readonly Statement[] {
  const { Policies = [], ManagedPolicyArns = [] } = role.Properties as unknown as {
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[]
    readonly ManagedPolicyArns?: readonly string[]
  }
  if (ManagedPolicyArns.length > 0) throw new Error(`${role.id} has managed policies, which no grant declares`)
  const name = textOf(role, 'RoleName', role.id)
  const attached = stack.ofType('AWS::IAM::Policy').flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = Properties as unknown as {
      readonly Roles: readonly string[]
      readonly PolicyDocument: { readonly Statement: readonly Statement[] }
    }
    return Roles.includes(name) ? PolicyDocument.Statement : []
  })
  return [...Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement), ...attached]
}

/** A managed policy of Fairway. */
export function policyNamed(stack: Synthesised, name: string) {
  const policy = stack.ofType('AWS::IAM::ManagedPolicy').find((each) => textOf(each, 'ManagedPolicyName', '') === name)
  if (policy === undefined) throw new Error(`no policy is called ${name}`)
  const { Statement: statements } = policy.Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }
  return { id: policy.id, statements }
}

export function trustOf({ Properties }: Resource): readonly unknown[] {
  return (Properties['AssumeRolePolicyDocument'] as { readonly Statement: readonly unknown[] }).Statement
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: inline policies of a role, together. */
export const policyLimit = 10_240

/** In characters as IAM counts them, without blanks, with names filled in that are as long as real ones. */
export function policySize(role: Resource): number {
  const { Policies = [] } = role.Properties as { readonly Policies?: readonly { readonly PolicyDocument: object }[] }
  const key = `arn:aws:kms:${region}:${account}:key/${'0'.repeat(36)}`
  const named = JSON.stringify(Policies.map(({ PolicyDocument }) => PolicyDocument)).replaceAll(
    /"\w+\.Arn"/g,
    `"${key}"`,
  )
  // The installation of the tests has a short name; the longest has twenty characters.
  return named.replaceAll(new RegExp(`\\b${installation}\\b`, 'g'), 'x'.repeat(20)).replaceAll(/\s/g, '').length
}

export function textOf({ Properties = {} }: Partial<Resource>, property: string, otherwise: string): string {
  const value = Properties[property]
  return typeof value === 'string' ? value : otherwise
}

export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
