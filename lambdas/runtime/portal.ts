import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { systemClock } from '../../domain/effects.ts'
import { controlSecretName } from '../../domain/names.ts'
import type { Portal } from '../../domain/portal.ts'
import { SecretValue } from '../../domain/secret.ts'
import { portPortal } from '../../portals/port/client.ts'
import type { PortOptions } from '../../portals/port/remote.ts'
import { once } from '../core.ts'
import { controlSecrets, parseSecret } from './control.ts'
import { coreRuntime } from './core.ts'

export const portForm = z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) })

/** Port's API; without credentials there is no portal, and nothing is told. */
export const portalRuntime = once(async (): Promise<Portal> => {
  const { options, connected } = await portRuntime()
  const port = portPortal(options)
  return {
    readRun: async (id) => ((await connected()) ? port.readRun(id) : undefined),
    answer: async (run, answer) => ((await connected()) ? port.answer(run, answer) : undefined),
    upsert: async (entity) => ((await connected()) ? port.upsert(entity) : undefined),
  }
})

/** How Port is reached, and whether there are credentials for it. */
export const portRuntime = once(async () => {
  const { installation, config } = await coreRuntime()
  const secrets = controlSecrets(new SecretsManagerClient({}), systemClock)
  const name = controlSecretName(installation.name, 'port')
  const options: PortOptions = {
    base: config.FAIRWAY_PORT_URL,
    clock: systemClock,
    credentials: async () => {
      const [current] = await secrets(name)
      const { clientId, clientSecret } = parseSecret(current, portForm, name, '{"clientId": "…", "clientSecret": "…"}')
      return { clientId, clientSecret: new SecretValue(clientSecret) }
    },
  }
  return { options, connected: async () => (await secrets(name)).length > 0 }
})
