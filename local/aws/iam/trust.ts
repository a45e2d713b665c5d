import { listOf, parsePolicy } from '../core/policy.ts'
import type { Statement } from '../core/policy.ts'

/**
 * A trust policy as IAM keeps it: a bare account number becomes that account's root ARN, so the text that comes back
 * is not always the text that was sent. Everything else is kept byte for byte.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
 */
export function normalisedTrust(text: string): string {
  if (!/"\d{12}"/.test(text)) return text
  const document = JSON.parse(text) as { Statement: Statement | Statement[] }
  const statements = listOf(document.Statement).map(withAccountArns)
  return JSON.stringify({ ...document, Statement: Array.isArray(document.Statement) ? statements : statements[0] })
}

/** The statements of a kept trust policy. */
export function trustStatements(text: string): readonly Statement[] {
  const parsed = parsePolicy(text, 'trust')
  return 'problem' in parsed ? [] : parsed.Statement
}

function withAccountArns(statement: Statement): Statement {
  const principal = statement.Principal
  if (typeof principal !== 'object' || principal['AWS'] === undefined) return statement
  const named = principal['AWS']
  const AWS = typeof named === 'string' ? accountArn(named) : named.map(accountArn)
  return { ...statement, Principal: { ...principal, AWS } }
}

function accountArn(principal: string): string {
  return /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal
}
