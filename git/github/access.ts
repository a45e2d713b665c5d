import * as z from 'zod'
import type { HostedRepository } from '../../domain/checks.ts'
import { Terminal } from '../../domain/errors.ts'
import { Refusal } from './answer.ts'
import type { GitHubApp } from './app.ts'
import type { GitHubRequest } from './api.ts'
import { NoAccess, said } from './token.ts'

const rights = { permissions: z.record(z.string(), z.string()), events: z.array(z.string()) }
const appAnswer = z.object({ slug: z.string().default('the App'), ...rights })
const installationAnswer = z.object({ suspended_at: z.string().nullable(), ...rights })

/** What GitHub says of the App and its installations, for whoever examines them. Reads only. */
export function githubAccess(app: GitHubApp) {
  const read = <Answer>(request: GitHubRequest<Answer>) =>
    app.signed(request).catch((error: unknown) => {
      throw error instanceof Refusal ? refused(error, request.what) : error
    })
  return {
    app: () => read({ route: 'GET /app', parameters: {}, answer: appAnswer, what: 'to read about the App' }),
    async installation(id: number) {
      const request = {
        route: 'GET /app/installations/{installation_id}',
        parameters: { installation_id: id },
        answer: installationAnswer,
        what: `to read about the installation ${id}`,
      }
      try {
        const { permissions, events, suspended_at } = await app.signed(request)
        return { permissions, events, suspended: suspended_at !== null }
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return undefined
        throw error instanceof Refusal ? refused(error, request.what) : error
      }
    },
    async repository({ installationId, repositoryId }: HostedRepository): Promise<string | undefined> {
      try {
        const { owner, name } = await app.tokens.get({ installationId, repositoryId }, { contents: 'read' })
        return `${owner}/${name}`
      } catch (error) {
        if (error instanceof NoAccess) return undefined
        throw error
      }
    },
  }
}

function refused(refusal: Refusal, what: string): Terminal {
  return new Terminal(`GitHub refuses ${what} (${said(refusal)})`, { fix: 'look at the App’s settings on GitHub' })
}
