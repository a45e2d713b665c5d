import { GetRolePolicyCommand, type IAMClient } from '@aws-sdk/client-iam'
import type { Grant } from '../../domain/grants.ts'

/** A statement in one way of writing, for comparing what was declared with what IAM has. */
export interface Plain {
  readonly sid: string
  readonly effect: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

type Text = string | readonly string[]

interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: Text
  readonly Resource: Text
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Text>>>>
}

export async function inlinePolicy(
  iam: Pick<IAMClient, 'send'>,
  RoleName: string,
  PolicyName: string,
): Promise<readonly Plain[]> {
  const answer = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
  return plainStatements(decodeURIComponent(answer.PolicyDocument ?? ''))
}

export function plainStatements(document: string): readonly Plain[] {
  const { Statement } = JSON.parse(document) as { readonly Statement: readonly Statement[] }
  return Statement.map(({ Sid = '', Effect, Action, Resource, Condition = {} }) => ({
    sid: Sid,
    effect: Effect,
    actions: sorted(Action),
    resources: sorted(Resource),
    conditions: mapValues(Condition, (keys) => mapValues(keys, sorted)),
  }))
}

/** What the grants say, reckoned apart from infra/statements.ts; a placeholder may stand for several texts. */
export function granted(
  grants: readonly Grant[],
  values: Readonly<Record<string, string | readonly string[]>>,
): readonly Plain[] {
  const fill = (text: Text) => sorted([text].flat().flatMap((each) => filled(each, values)))
  return grants
    .map(({ sid, actions, resources, conditions = {} }) => ({
      sid,
      effect: 'Allow',
      actions: sorted(actions),
      resources: fill(resources),
      conditions: mapValues(conditions, (keys) => mapValues(keys, fill)),
    }))
    .filter(({ resources }) => resources.length > 0)
}

function filled(text: string, values: Readonly<Record<string, string | readonly string[]>>): readonly string[] {
  const name = /\$\{(\w+)\}/.exec(text)?.[1]
  if (name === undefined) return [text]
  const value = values[name]
  if (value === undefined) throw new Error(`no value for \${${name}}`)
  return [value].flat().flatMap((each) => filled(text.split(`\${${name}}`).join(each), values))
}

function sorted(text: Text): readonly string[] {
  return [text].flat().toSorted()
}

function mapValues<Value, Result>(object: Readonly<Record<string, Value>>, map: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}
