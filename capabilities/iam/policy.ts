import { canonical } from '../../domain/hash.ts'
import type { PolicyDocument, PolicyStatement } from '../../domain/policy.ts'
import type { AwsStatement } from '../../domain/resources.ts'

/** The inline policy of a workload: its statements, in an order and form that do not depend on how they are written. */
export function workloadPolicy(statements: readonly AwsStatement[]): PolicyDocument {
  const unique = new Map(statements.map(statement).map((entry) => [canonical(entry), entry]))
  const Statement = [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  return { Version: '2012-10-17', Statement }
}

function statement({ actions, resources, conditions }: AwsStatement): PolicyStatement {
  return {
    Effect: 'Allow',
    Action: sorted(actions),
    Resource: sorted(resources),
    ...(conditions === undefined ? {} : { Condition: conditions }),
  }
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted()
}
