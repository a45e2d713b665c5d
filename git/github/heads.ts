import * as z from 'zod'
import { RetryLater, Terminal, toFailure } from '../../domain/errors.ts'
import type { NamedSource, SourceHead, SourceHeads } from '../../domain/git.ts'
import { Refusal } from './answer.ts'
import type { GitHubApp } from './app.ts'
import { repositoryAt } from './host.ts'
import { said } from './token.ts'

/** Repositories that one query asks for: it costs one point of 5,000 an hour whatever it asks for, up to a hundred. */
const perQuery = 100

const permissions = { contents: 'read' } as const

/**
 * Heads of what is registered with the ids of an installation, a hundred in one GraphQL query with the installation's
 * token; the others as `plain` does. A repository is asked for by the name it was registered with, and what has another
 * id than was registered, or is not found by that name, tells nothing: reading it asks GitHub by the id.
 * https://docs.github.com/en/graphql/reference/queries#repository
 */
export function githubSourceHeads({
  app,
  plain,
}: {
  readonly app: GitHubApp
  readonly plain: SourceHeads
}): SourceHeads {
  return {
    async heads(sources) {
      const hosted = Map.groupBy(sources, installationOf)
      const others = hosted.get(undefined) ?? []
      hosted.delete(undefined)
      const answers = await Promise.all([
        plain.heads(others),
        ...[...hosted].map(([installation, all]) => ofInstallation(app, installation as number, all)),
      ])
      return new Map(answers.flatMap((answer) => [...answer]))
    },
  }
}

function installationOf({ location }: NamedSource): number | undefined {
  return location.repositoryId === undefined ? undefined : location.installationId
}

/** One query after the other: GitHub asks for no more at a time, and a limit that is met is the rest's too. */
async function ofInstallation(app: GitHubApp, installation: number, sources: readonly NamedSource[]) {
  const found = new Map<string, SourceHead>()
  const asked = sources.map((source) => ({ source, repository: repositoryAt(app.host, source.location.url) }))
  for (const { source, repository } of asked) if (repository === undefined) found.set(source.name, {})
  const known = asked.flatMap(({ source, repository }) => (repository ? [{ source, ...repository }] : []))
  for (let start = 0; start < known.length; start += perQuery) {
    const some = known.slice(start, start + perQuery)
    try {
      for (const [name, head] of await query(app, installation, some)) found.set(name, head)
    } catch (error) {
      const failure = toFailure(error)
      for (const { source } of known.slice(start)) found.set(source.name, { failure })
      break
    }
  }
  return found
}

interface Asked {
  readonly source: NamedSource
  readonly owner: string
  readonly name: string
}

const answer = z.object({
  data: z
    .record(
      z.string(),
      z
        .object({
          databaseId: z.number().nullable(),
          defaultBranchRef: z.object({ target: z.object({ oid: z.string() }).nullable() }).nullable(),
        })
        .nullable(),
    )
    .nullish(),
  errors: z
    .array(z.object({ type: z.string().optional(), path: z.array(z.union([z.string(), z.number()])).optional() }))
    .default([]),
})

async function query(app: GitHubApp, installation: number, asked: readonly Asked[]) {
  const text = asked.map((_, index) => `r${index}: repository(owner: $o${index}, name: $n${index}) { ...head }`)
  const declared = asked.map((_, index) => `$o${index}: String!, $n${index}: String!`)
  const variables = asked.flatMap(({ owner, name }, index) => [
    [`o${index}`, owner] as const,
    [`n${index}`, name] as const,
  ])
  const { data, errors } = await app
    .graphql(installation, permissions, {
      query: `query heads(${declared.join(', ')}) {
${text.join('\n')}
}
fragment head on Repository { databaseId defaultBranchRef { target { oid } } }`,
      variables: Object.fromEntries(variables),
      answer,
      what: 'for the heads of sources',
    })
    .catch((error: unknown) => {
      throw error instanceof Refusal ? refused(error) : error
    })
  if (!data) throw new RetryLater(`GitHub could not answer for the heads of sources (${typesOf(errors)})`)
  const missing = new Map(errors.map(({ type, path }) => [path?.[0], type]))
  return asked.map(({ source }, index) => {
    const repository = data[`r${index}`]
    return [source.name, headOf(source, repository, missing.get(`r${index}`))] as const
  })
}

type Found = NonNullable<z.infer<typeof answer>['data']>[string] | undefined

/** Errors come beside the data: https://docs.github.com/en/graphql/guides/using-graphql-clients */
function headOf({ location }: NamedSource, repository: Found, error: string | undefined): SourceHead {
  if (!repository) {
    if (error === 'NOT_FOUND' || error === 'FORBIDDEN') return {}
    return {
      failure: toFailure(new RetryLater(`GitHub could not answer for this repository (${typesOf([{ type: error }])})`)),
    }
  }
  const head = repository.defaultBranchRef?.target?.oid
  return repository.databaseId === location.repositoryId && head !== undefined ? { head } : {}
}

/** Names of GitHub's; anything else that stands there is not repeated. */
function typesOf(errors: readonly { readonly type?: string | undefined }[]): string {
  const types = errors.map(({ type = '' }) => (/^[A-Z_]{1,40}$/.test(type) ? type : 'an error without a type'))
  return [...new Set(types)].slice(0, 3).join(', ') || 'no data'
}

function refused(refusal: Refusal): Terminal {
  return new Terminal(`GitHub refuses to say the heads of sources (${said(refusal)})`, {
    fix: 'give the App the permissions in docs/github.md, and let the owner of the installation accept them',
  })
}
