import { Aws } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Grant } from '../domain/grants.ts'

/**
 * What the placeholders of a grant stand for, besides account and partition. Of one that stands for several, what it is
 * in is said once for each.
 */
export interface GrantValues {
  readonly installation: string
  readonly boundary: string
  /** ARN, or one for each region. */
  readonly credentialsKey: string | readonly string[]
  readonly stage: string
  /** The stack's own when absent. */
  readonly region?: readonly string[]
  /** Ids of member accounts. */
  readonly member?: readonly string[]
}

/** Statement for statement what the grants say: nothing is merged, so the template can be read beside them. */
export function statementsOf(grants: readonly Grant[], values: GrantValues): PolicyStatement[] {
  const fill = (text: string) => filled(text, values)
  return grants.flatMap((grant) => {
    const resources = grant.resources.flatMap(fill)
    // What there is none of, nothing is granted for.
    if (resources.length === 0) return []
    const conditions = mapValues(grant.conditions ?? {}, (keys) =>
      mapValues(keys, (value) => single([value].flat().flatMap(fill))),
    )
    return new PolicyStatement({ sid: grant.sid, actions: [...grant.actions], resources, conditions })
  })
}

/** Once for each combination of what its placeholders stand for. */
function filled(text: string, values: GrantValues): readonly string[] {
  const known: Readonly<Record<string, string | readonly string[]>> = {
    account: Aws.ACCOUNT_ID,
    region: Aws.REGION,
    partition: Aws.PARTITION,
    ...values,
  }
  const [placeholder, name = ''] = /\$\{(\w+)\}/.exec(text) ?? []
  if (placeholder === undefined) return [text]
  const value = known[name]
  if (value === undefined) throw new Error(`a grant has the unknown placeholder ${placeholder}`)
  // A function, because what stands for it may have a `$` in it.
  return [value].flat().flatMap((each) =>
    filled(
      text.replaceAll(placeholder, () => each),
      values,
    ),
  )
}

function single(values: readonly string[]): string | readonly string[] {
  const [only, ...more] = values
  return only !== undefined && more.length === 0 ? only : values
}

function mapValues<Value, Result>(object: Readonly<Record<string, Value>>, map: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}
