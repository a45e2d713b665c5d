import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { once } from '../core.ts'
import { controlSecrets } from './control.ts'
import { sweepRuntime } from './sweep.ts'

export const intakeRuntime = once(async () => {
  const { installation, store, bus, clock } = await sweepRuntime()
  const secrets = controlSecrets(new SecretsManagerClient({}), clock)
  return { installation: installation.name, store, bus, clock, secrets }
})
