import type { Grant } from '../../domain/grants.ts'
import { namesOf } from '../../infra/names.ts'
import type { Stage } from '../../infra/stages.ts'
import { account, installation, listOf, region, statementsOf, type Resource, type Synthesised } from './template.ts'

/** Grants as the statements that a template must have for them, to be compared with those that it has. */

/** What a placeholder stands for, where that is not one thing in the stack's own region. */
export type Several = Readonly<Record<string, readonly string[]>>

export function declared(stack: Synthesised, stage: Stage, grants: readonly Grant[], several: Several = {}): object[] {
  return grants.map(({ sid, actions, resources, conditions = {} }) => {
    const fill = (text: string) => each(text, several).map((one) => filled(one, stack, stage))
    const condition = Object.entries(conditions).map(([operator, keys]) => {
      const values = Object.entries(keys).map(([key, value]) => [key, unlisted([value].flat().flatMap(fill))])
      return [operator, Object.fromEntries(values) as object]
    })
    return {
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: resources.flatMap(fill),
      ...(condition.length > 0 ? { Condition: Object.fromEntries(condition) as object } : {}),
    }
  })
}

/** What a role says, in the same form. */
export function carried(stack: Synthesised, role: Resource): object[] {
  return statementsOf(stack, role).map(({ Action, Resource, ...rest }) => ({
    ...rest,
    Action: listOf(Action),
    Resource: listOf(Resource),
  }))
}

export function inOrder(statements: readonly object[]): readonly object[] {
  return statements.toSorted((a, b) => (JSON.stringify(sid(a)) < JSON.stringify(sid(b)) ? -1 : 1))
}

export function keyOf(stack: Synthesised): string {
  return `${stack.ofType('AWS::KMS::Key')[0]?.id}.Arn`
}

/** Of a placeholder with several values, what it is in is there once for each. */
function each(text: string, several: Several): readonly string[] {
  return Object.entries(several).reduce<readonly string[]>(
    (texts, [name, values]) =>
      texts.flatMap((one) =>
        one.includes(`\${${name}}`) ? values.map((value) => one.replaceAll(`\${${name}}`, value)) : [one],
      ),
    [text],
  )
}

function filled(text: string, stack: Synthesised, stage: Stage): string {
  const values: Readonly<Record<string, string>> = {
    account,
    region,
    partition: 'aws',
    installation,
    boundary: namesOf(installation).boundary,
    credentialsKey: keyOf(stack),
    stage,
  }
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

function unlisted(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? (values[0] as string) : values
}

function sid(statement: object): unknown {
  return (statement as { readonly Sid?: string }).Sid
}
