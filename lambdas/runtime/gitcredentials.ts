import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { systemClock } from '../../domain/effects.ts'
import type { GitCredentials } from '../../domain/git.ts'
import { controlSecretName } from '../../domain/names.ts'
import { SecretValue } from '../../domain/secret.ts'
import { gitCredentials, type KnownCredentials } from '../../git/authenticate.ts'
import { once } from '../core.ts'
import { controlSecrets, parseSecret } from './control.ts'
import { coreRuntime } from './core.ts'

/** The secret's value: which user and password (or token) goes to which host or group of repositories. */
export const gitForm = z.array(
  z.strictObject({ prefix: z.url(), username: z.string().min(1), password: z.string().min(1) }),
)

/** The installation's credentials for git over HTTPS. */
export const configuredRuntime = once(async (): Promise<GitCredentials> => {
  const { installation } = await coreRuntime()
  const secrets = controlSecrets(new SecretsManagerClient({}), systemClock)
  const name = controlSecretName(installation.name, 'git')
  return async (url) => {
    const [current] = await secrets(name)
    return gitCredentials(current ? known(current, name) : [])(url)
  }
})

function known(value: SecretValue, name: string): KnownCredentials[] {
  const example = '[{"prefix": "https://git.example.com", "username": "…", "password": "…"}]'
  return parseSecret(value, gitForm, name, example).map(({ password, ...rest }) => ({
    ...rest,
    password: new SecretValue(password),
  }))
}
