import { Aws } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Grant } from '../domain/grants.ts'

/** What the placeholders of a grant stand for, besides account, region and partition. */
export interface GrantValues {
  readonly installation: string
  readonly boundary: string
  /** ARN. */
  readonly credentialsKey: string
  readonly stage: string
}

/** Statement for statement what the grants say: nothing is merged, so the template can be read beside them. */
export function policyOf(grants: readonly Grant[], values: GrantValues): PolicyDocument {
  return new PolicyDocument({ minimize: false, statements: grants.map((grant) => statementOf(grant, values)) })
}

function statementOf({ sid, actions, resources, conditions = {} }: Grant, values: GrantValues): PolicyStatement {
  const fill = (text: string) => filled(text, values)
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: resources.map(fill),
    conditions: mapValues(conditions, (keys) =>
      mapValues(keys, (value) => (typeof value === 'string' ? fill(value) : value.map(fill))),
    ),
  })
}

function filled(text: string, values: GrantValues): string {
  const known: Readonly<Record<string, string>> = {
    account: Aws.ACCOUNT_ID,
    region: Aws.REGION,
    partition: Aws.PARTITION,
    ...values,
  }
  return text.replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) => {
    const value = known[name]
    if (value === undefined) throw new Error(`a grant has the unknown placeholder ${placeholder}`)
    return value
  })
}

function mapValues<Value, Result>(object: Readonly<Record<string, Value>>, map: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}
