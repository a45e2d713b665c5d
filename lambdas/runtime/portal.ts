import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { systemClock } from '../../domain/effects.ts'
import { controlSecretName } from '../../domain/names.ts'
import type { Portal } from '../../domain/portal.ts'
import { SecretValue } from '../../domain/secret.ts'
import { portPortal } from '../../portals/port/client.ts'
import { once } from '../core.ts'
import { controlSecrets, parseSecret } from './control.ts'
import { coreRuntime } from './core.ts'

const format = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) })

/** Port's API; without credentials there is no portal, and nothing is told. */
export const portalRuntime = once(async (): Promise<Portal> => {
  const { installation, config } = await coreRuntime()
  const secrets = controlSecrets(new SecretsManagerClient({}), systemClock)
  const name = controlSecretName(installation.name, 'port')
  const port = portPortal({
    base: config.FAIRWAY_PORT_URL,
    clock: systemClock,
    credentials: async () => {
      const [current] = await secrets(name)
      const { clientId, clientSecret } = parseSecret(current, format, name, '{"clientId": "…", "clientSecret": "…"}')
      return { clientId, clientSecret: new SecretValue(clientSecret) }
    },
  })
  const connected = async () => (await secrets(name)).length > 0
  return {
    readRun: async (id) => ((await connected()) ? port.readRun(id) : undefined),
    answer: async (run, answer) => ((await connected()) ? port.answer(run, answer) : undefined),
    upsert: async (entity) => ((await connected()) ? port.upsert(entity) : undefined),
  }
})
