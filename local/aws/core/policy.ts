/**
 * The grammar of policy documents, as far as the services refuse what breaks it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

/** `trust`: who may assume a role. `identity`: what a role may do. `repository`: ECR's, without resources. `resource`: with. */
export type PolicyKind = 'trust' | 'identity' | 'repository' | 'resource'

export interface PolicyDocument {
  readonly Version?: string
  readonly Statement: readonly Statement[]
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** The document, its statements as a list; or what is wrong with it. */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument | { readonly problem: string } {
  // IAM name requirements: tab, line feed, carriage return, U+0020 to U+00FF and nothing else.
  if (!/^[\t\n\r\u0020-\u00ff]*$/.test(text)) return { problem: 'The policy contains a character that is not allowed.' }
  const document = parseObject(text)
  if (!document) return { problem: 'This policy contains invalid Json' }
  const problem = documentProblem(document, kind)
  if (problem !== undefined) return { problem }
  return { ...document, Statement: listOf(document['Statement']) } as unknown as PolicyDocument
}

export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** Policy quotas do not count white space: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export function policySize(text: string): number {
  return text.replace(/\s/g, '').length
}

function documentProblem(document: Readonly<Record<string, unknown>>, kind: PolicyKind): string | undefined {
  const unknown = Object.keys(document).find((key) => !['Version', 'Id', 'Statement'].includes(key))
  if (unknown !== undefined) return 'Syntax errors in policy.'
  const version = document['Version']
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    return 'Syntax errors in policy.'
  }
  const statements = listOf(document['Statement'])
  if (statements.length === 0) return 'Syntax errors in policy.'
  const sids = statements.flatMap((statement) => (isObject(statement) ? listOf(statement['Sid']) : []))
  if (new Set(sids).size < sids.length) return 'Statement IDs (SID) in a single policy must be unique.'
  return statements.map((statement) => statementProblem(statement, kind)).find((problem) => problem !== undefined)
}

const members = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

function statementProblem(statement: unknown, kind: PolicyKind): string | undefined {
  if (!isObject(statement)) return 'Syntax errors in policy.'
  if (Object.keys(statement).some((key) => !members.has(key))) return 'Syntax errors in policy.'
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') return 'Syntax errors in policy.'
  const sid = statement['Sid']
  if (kind === 'identity' && typeof sid === 'string' && !/^[0-9A-Za-z]*$/.test(sid)) {
    return 'Statement IDs (SID) must be alpha-numeric.'
  }
  return actionProblem(statement, kind) ?? principalProblem(statement, kind) ?? resourceProblem(statement, kind)
}

function actionProblem(statement: Readonly<Record<string, unknown>>, kind: PolicyKind): string | undefined {
  const actions = [...listOf(statement['Action']), ...listOf(statement['NotAction'])]
  if (actions.length === 0) return 'Policy statement must contain actions.'
  if (actions.some((action) => typeof action !== 'string' || !/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(action))) {
    return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
  }
  if (kind === 'trust' && actions.some((action) => !String(action).toLowerCase().startsWith('sts:'))) {
    return 'AssumeRole policy may only specify STS AssumeRole actions.'
  }
  return undefined
}

function principalProblem(statement: Readonly<Record<string, unknown>>, kind: PolicyKind): string | undefined {
  const named = statement['Principal'] !== undefined || statement['NotPrincipal'] !== undefined
  if (kind === 'identity') return named ? 'Policy document should not specify a principal.' : undefined
  return named ? undefined : 'Missing required field Principal'
}

function resourceProblem(statement: Readonly<Record<string, unknown>>, kind: PolicyKind): string | undefined {
  const resources = [...listOf(statement['Resource']), ...listOf(statement['NotResource'])]
  if (kind === 'trust') return resources.length > 0 ? 'Has prohibited field Resource' : undefined
  if (kind === 'repository') return resources.length > 0 ? 'Invalid repository policy provided' : undefined
  if (resources.length === 0) return 'Policy statement must contain resources.'
  const odd = resources.find((resource) => typeof resource !== 'string' || !/^(\*|arn:)/.test(resource))
  return odd === undefined ? undefined : `Resource ${JSON.stringify(odd)} must be in ARN format or "*".`
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
