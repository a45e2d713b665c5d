import type { Json } from './api.ts'
import type { Made } from './lacking.ts'

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: string | readonly string[]
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>
  readonly Parameters?: Readonly<Record<string, unknown>>
}

/** A resource as moto makes it, where it does not make it as it stands. */
export const rewritten: Readonly<
  Record<string, { readonly why: string; readonly by: (resource: Resource) => Resource }>
> = {
  'AWS::DynamoDB::GlobalTable': {
    why: 'moto makes AWS::DynamoDB::Table only, which is the same where there is one replica, and ignores point-in-time recovery in it',
    by: ({ Properties = {}, ...resource }) => {
      const { Replicas, ...table } = Properties
      const [replica] = Replicas as [Json]
      const own = without(replica, 'Region', 'GlobalSecondaryIndexes')
      return { ...resource, Type: 'AWS::DynamoDB::Table', Properties: { ...table, ...own } }
    },
  },
  'AWS::Events::Archive': {
    why: 'moto takes the pattern of an archive only as a text, and ends with 500',
    by: ({ Properties: { EventPattern, ...Properties } = {}, ...resource }) => ({
      ...resource,
      Properties: { ...Properties, EventPattern: JSON.stringify(EventPattern) },
    }),
  },
  'AWS::IAM::Role': {
    why: 'moto keeps an inline policy as it is given, which is no JSON afterwards',
    by: ({ Properties = {}, ...resource }) => {
      const { Policies = [], ...role } = Properties as { readonly Policies?: readonly Json[] }
      const asText = Policies.map(({ PolicyName, PolicyDocument }) => ({
        PolicyName,
        PolicyDocument: json(PolicyDocument),
      }))
      return { ...resource, Properties: { ...role, Policies: asText } }
    },
  },
  'AWS::KMS::Key': {
    why: 'moto takes the tags of a key only as KMS spells them, TagKey, and its policy only as a text, and ends with 500',
    by: ({ Properties = {}, ...resource }) => ({
      ...resource,
      Properties: { ...without(Properties, 'Tags'), KeyPolicy: json(Properties['KeyPolicy']) },
    }),
  },
  'AWS::StepFunctions::StateMachine': {
    why: 'moto ignores DefinitionSubstitutions',
    by: ({ Properties = {}, ...resource }) => {
      const { DefinitionString, DefinitionSubstitutions = {}, ...machine } = Properties
      const values = DefinitionSubstitutions as Json
      // Not Fn::Sub: moto's takes `$$.Execution` for an escaped `$`.
      const parts = String(DefinitionString)
        .split(/\$\{(\w+)\}/)
        .map((part, index) => (index % 2 === 0 ? part : values[part]))
      return { ...resource, Properties: { ...machine, DefinitionString: { 'Fn::Join': ['', parts] } } }
    },
  },
}

function without(properties: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)))
}

function json(value: unknown): unknown {
  return { 'Fn::ToJsonString': value }
}

/** What a `Ref` stands for, where moto does not know it. */
export const references: Readonly<
  Record<string, { readonly why: string; readonly by: (resource: Resource) => string }>
> = {
  'AWS::Events::EventBus': {
    why: 'moto answers a Ref of an event bus with an object of its own, and ends with 500',
    by: ({ Properties = {} }) => String(Properties['Name']),
  },
}

/**
 * References to resources that the stack does not have, filled in as far as they are known. What `reference` answers
 * takes the place of the `Ref` or `Fn::GetAtt`.
 */
export function withoutReferences<Value>(value: Value, reference: (id: string, attribute: string) => unknown): Value {
  const look = (member: unknown): unknown => {
    if (Array.isArray(member)) return member.map(look)
    if (typeof member !== 'object' || member === null) return member
    const [[key, argument] = ['', undefined], ...more] = Object.entries(member)
    if (more.length === 0 && key === 'Ref') return reference(String(argument), 'Ref') ?? member
    if (more.length === 0 && key === 'Fn::GetAtt') return reference(...(argument as [string, string])) ?? member
    return Object.fromEntries(Object.entries(member).map(([name, each]) => [name, look(each)]))
  }
  return look(value) as Value
}

/** Stands for a reference that is filled in later. */
export function token(id: string, attribute: string): string {
  return `{{${id}.${attribute}}}`
}

export function fillTokens(text: string, made: ReadonlyMap<string, Made>): string {
  return text.replaceAll(/\{\{(\w+)\.(\w+)\}\}/g, (_, id: string, attribute: string) => {
    const value = made.get(id)?.[attribute]
    if (value === undefined) throw new Error(`${attribute} of ${id} is not known yet: see the order in lacking.ts`)
    return value
  })
}
