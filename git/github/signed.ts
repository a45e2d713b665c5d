import { Terminal } from '../../domain/errors.ts'
import { Refusal } from './answer.ts'
import type { GitHubApi, GitHubRequest } from './api.ts'
import { appJwt, type AppKey } from './jwt.ts'

export interface AppSecret {
  /** Asked for each call, so that a new key is used without a restart. Undefined: there is no App. */
  readonly key: () => Promise<AppKey | undefined>
  /** Name of the secret that holds it, for people. */
  readonly secret: string
}

/** A call in the App's own name. Throws Refusal besides Fairway's errors, but not for an App that is not accepted. */
export type SignedCall = <Answer>(request: GitHubRequest<Answer>) => Promise<Answer>

export function signedCall(api: GitHubApi, { key, secret }: AppSecret): SignedCall {
  return async (request) => {
    const found = await key()
    if (found === undefined) {
      throw new Terminal(`there is no GitHub App ${request.what}: the secret ${secret} is empty`, {
        fix: `write {"appId": "…", "privateKey": "-----BEGIN…"} into the secret ${secret}, see docs/github.md`,
      })
    }
    const jwt = await appJwt(found, secret)
    return api(request, jwt).catch((error: unknown) => {
      throw error instanceof Refusal && error.status === 401 ? unknownApp(error, secret) : error
    })
  }
}

function unknownApp({ message }: Refusal, secret: string): Terminal {
  return new Terminal(`GitHub does not accept the App’s id and private key${message === '' ? '' : ` (${message})`}`, {
    fix: `check appId and privateKey in the secret ${secret}: the key must be one of this App, and not deleted`,
  })
}
