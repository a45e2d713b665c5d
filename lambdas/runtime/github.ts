import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { systemClock } from '../../domain/effects.ts'
import { controlSecretName } from '../../domain/names.ts'
import { SecretValue } from '../../domain/secret.ts'
import { githubApp, type GitHubApp } from '../../git/github/app.ts'
import type { AppKey } from '../../git/github/jwt.ts'
import { once } from '../core.ts'
import { controlSecrets, parseSecret } from './control.ts'
import { coreRuntime } from './core.ts'

/** The secret's value. GitHub shows the App's id as a number, and hands the key out as a file. */
export const githubForm = z.strictObject({
  appId: z.union([z.string().regex(/^\d+$/), z.int().positive().transform(String)]),
  privateKey: z.string().includes('-----BEGIN'),
})
const example = '{"appId": "…", "privateKey": "-----BEGIN…"}'

/** The installation's GitHub App; while its secret is empty there is none. */
export const githubRuntime = once(async (): Promise<GitHubApp> => {
  const { installation, config } = await coreRuntime()
  const secrets = controlSecrets(new SecretsManagerClient({}), systemClock)
  const secret = controlSecretName(installation.name, 'github')
  return githubApp({
    base: config.FAIRWAY_GITHUB_URL,
    clock: systemClock,
    secret,
    key: async () => {
      const [current] = await secrets(secret)
      return current && appKey(current, secret)
    },
  })
})

export function appKey(value: SecretValue, secret: string): AppKey {
  const { appId, privateKey } = parseSecret(value, githubForm, secret, example)
  return { appId, privateKey: new SecretValue(privateKey) }
}
