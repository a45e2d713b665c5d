import type { Ceiling, Violation } from '../../domain/ceiling.ts'
import { policyText } from '../../domain/policy.ts'
import type { AwsStatement } from '../../domain/resources.ts'
import { reachesFairway } from './fairwayresources.ts'
import { workloadPolicy } from './policy.ts'
import type { IamSpec } from './desired.ts'
import type { AwsSpec } from './schema.ts'
import { coversAction, coversConditions, coversResource } from './subset.ts'

/** A workload's statements are a provable subset of `System.spec.aws.allow`, action by action, resource by resource. */
export const ceiling: Ceiling<IamSpec> = {
  check({ aws }, { name, spec }) {
    return aws ? checkStatements(aws, ['aws', 'statements'], name, spec.aws.allow) : []
  },
}

type Path = readonly (string | number)[]

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: inline policies of a role, together. */
const policyLimit = 10_240

/** Granted to nobody: with them a workload could give itself the rest. */
const neverGranted = new Set(['iam', 'sts', 'organizations', 'account', 'sso', 'identitystore'])

function checkStatements(
  { statements }: AwsSpec,
  path: Path,
  system: string,
  allow: readonly AwsStatement[],
): Violation[] {
  const found = statements.flatMap((statement, index) => checkStatement(statement, [...path, index], system, allow))
  const size = policyText(workloadPolicy(statements)).length
  if (size <= policyLimit) return found
  const message = `the statements make a policy of ${size} characters, IAM takes ${policyLimit}; use wildcards in resources or fewer statements`
  return [...found, { path, message }]
}

function checkStatement(
  statement: AwsStatement,
  path: Path,
  system: string,
  allow: readonly AwsStatement[],
): Violation[] {
  const actions = statement.actions.flatMap((action, index): Violation[] => {
    const message = actionProblem(action, system, allow)
    return message === undefined ? [] : [{ path: [...path, 'actions', index], message }]
  })
  if (actions.length > 0) return actions
  return statement.resources.flatMap((resource, index): Violation[] => {
    const own = reachesFairway(resource)
    const at = [...path, 'resources', index]
    if (own !== undefined) return [{ path: at, message: `"${resource}" reaches ${own}, which are never granted` }]
    const problems = statement.actions.flatMap((action) => pairProblem(action, resource, statement, path, at, allow))
    // One message per resource: further actions would say the same.
    return problems.slice(0, 1)
  })
}

function actionProblem(action: string, system: string, allow: readonly AwsStatement[]): string | undefined {
  const [service = ''] = action.toLowerCase().split(':')
  if (neverGranted.has(service)) return `actions of ${service} are never granted to a workload`
  const allowed = allow.flatMap(({ actions }) => actions)
  if (allowed.some((pattern) => coversAction(pattern, action))) return undefined
  const near = allowed.filter((pattern) => pattern.toLowerCase().startsWith(`${service}:`))
  const instead =
    near.length > 0
      ? `of ${service} it allows ${listed(near)}`
      : allowed.length > 0
        ? `it allows nothing of ${service}, only ${listed(allowed)}`
        : 'it allows nothing in AWS'
  return `"${action}" is above the ceiling of System ${system}: ${instead}`
}

/** One statement of the ceiling must cover action, resource and conditions together. */
function pairProblem(
  action: string,
  resource: string,
  { conditions }: AwsStatement,
  statement: Path,
  at: Path,
  allow: readonly AwsStatement[],
): Violation[] {
  const forAction = allow.filter(({ actions }) => actions.some((pattern) => coversAction(pattern, action)))
  const forBoth = forAction.filter(({ resources }) => resources.some((pattern) => coversResource(pattern, resource)))
  if (forBoth.length === 0) {
    const near = forAction.flatMap(({ resources }) => resources)
    const message = `"${resource}" is not within what the System allows for ${action}: ${listed(near)}`
    return [{ path: at, message }]
  }
  if (forBoth.some((entry) => coversConditions(entry.conditions, conditions))) return []
  const wanted = JSON.stringify(forBoth[0]?.conditions)
  const message = `${action} on "${resource}" is allowed only with conditions; add conditions: ${wanted}`
  return [{ path: conditions === undefined ? statement : [...statement, 'conditions'], message }]
}

function listed(values: readonly string[]): string {
  const distinct = [...new Set(values)]
  const shown = distinct.slice(0, 5).join(', ')
  return distinct.length > 5 ? `${shown} and ${distinct.length - 5} more` : shown
}
