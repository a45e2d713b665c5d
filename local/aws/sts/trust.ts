import { listOf } from '../core/policy.ts'
import { trustStatements } from '../iam/trust.ts'
import type { Statement } from '../core/policy.ts'

export interface Caller {
  readonly account: string
  readonly arn: string
  readonly externalId: string | undefined
}

/**
 * Whether a trust policy lets the caller assume the role. Understood are AWS principals and `sts:ExternalId`; a
 * statement with any other condition is taken not to hold, so that a simulation never allows what AWS might refuse.
 */
export function trusts(document: string, caller: Caller): boolean {
  const applying = trustStatements(document).filter((statement) => concerns(statement, caller))
  if (applying.some((statement) => statement.Effect === 'Deny')) return false
  return applying.some((statement) => holds(statement, caller))
}

function concerns(statement: Statement, caller: Caller): boolean {
  const actions = listOf(statement.Action)
  return names(statement, caller) && (actions.includes('sts:AssumeRole') || actions.includes('sts:*'))
}

function names(statement: Statement, caller: Caller): boolean {
  const principal = statement.Principal
  if (principal === '*') return true
  const principals = listOf(principal?.['AWS'])
  return ['*', `arn:aws:iam::${caller.account}:root`, caller.arn].some((one) => principals.includes(one))
}

function holds(statement: Statement, caller: Caller): boolean {
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values: listOf(values) })),
  )
  return conditions.every(
    ({ operator, key, values }) =>
      operator === 'StringEquals' &&
      key.toLowerCase() === 'sts:externalid' &&
      caller.externalId !== undefined &&
      values.includes(caller.externalId),
  )
}
