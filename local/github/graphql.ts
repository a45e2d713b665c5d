import type { IncomingHttpHeaders } from 'node:http'
import { allows, type Answer, bearerOf, refusal } from './http.ts'
import type { GitHubState } from './state.ts'

/**
 * The one query that Fairway makes: repositories by name, and the head of each. Whatever else is asked is refused, as
 * GitHub refuses a field that its schema does not have.
 */
const question =
  /^query heads\((?<variables>[^)]*)\) \{\n(?<fields>[^}]*(?:\{ \.\.\.head \}[^}]*)*)\n\}\nfragment head on Repository \{ databaseId defaultBranchRef \{ target \{ oid \} \} \}$/
const field = /^(?<alias>\w+): repository\(owner: \$(?<owner>\w+), name: \$(?<name>\w+)\) \{ \.\.\.head \}$/

/** Head of the default branch, by full name; undefined in an empty repository. */
export type HeadOf = (fullName: string) => Promise<string | undefined>

/** Answers as GitHub does: what is wrong with one field is null, with an error beside the data. */
export async function answerGraphQl(
  state: GitHubState,
  body: unknown,
  headers: IncomingHttpHeaders,
  headOf: HeadOf,
): Promise<Answer> {
  const token = state.token(bearerOf(headers))
  if (token === undefined) return refusal(401, 'Bad credentials')
  const { query = '', variables = {} } = (body ?? {}) as {
    query?: string
    variables?: Readonly<Record<string, string>>
  }
  const fields = question
    .exec(query)
    ?.groups?.['fields']?.split('\n')
    .map((line) => field.exec(line)?.groups)
  if (fields === undefined) return wrong('the query is none that is served here')
  const data: Record<string, unknown> = {}
  const errors: object[] = []
  for (const named of fields) {
    const [owner, name] = [variables[named?.['owner'] ?? ''], variables[named?.['name'] ?? '']]
    const alias = named?.['alias']
    if (alias === undefined || owner === undefined || name === undefined) return wrong('a field lacks its variables')
    const repository = state.named(`${owner}/${name}`) ?? state.movedFrom(`${owner}/${name}`)
    const here = repository && token.repositories.includes(repository)
    const readable = allows(token.permissions, 'contents', 'read')
    if (!here || !readable) {
      data[alias] = null
      errors.push({
        type: here ? 'FORBIDDEN' : 'NOT_FOUND',
        path: [alias],
        message: here ? 'Resource not accessible by integration' : 'Could not resolve to a Repository.',
      })
      continue
    }
    const oid = await headOf(repository.fullName)
    data[alias] = { databaseId: repository.id, defaultBranchRef: oid === undefined ? null : { target: { oid } } }
  }
  return { status: 200, body: errors.length === 0 ? { data } : { data, errors } }
}

function wrong(message: string): Answer {
  return { status: 200, body: { errors: [{ message }] } }
}
