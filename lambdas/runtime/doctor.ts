import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { callAws } from '../../domain/awserrors.ts'
import { systemClock } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import type { CapabilityAnswer, DoctorPorts, GitAccess } from '../../flow/doctor/ports.ts'
import { readAdvertisement } from '../../git/advertisement.ts'
import { githubAccess } from '../../git/github/access.ts'
import { appUser, githubCredentials } from '../../git/github/credentials.ts'
import { gitRemote } from '../../git/remote.ts'
import { writable } from '../../git/writable.ts'
import { missingBlueprints } from '../../portals/port/blueprints.ts'
import { once } from '../core.ts'
import { accountAccess } from '../doctor/account.ts'
import { kmsClient } from '../doctor/kms.ts'
import { secretStates } from '../doctor/secrets.ts'
import { within } from '../doctor/within.ts'
import { clientOptions, perTarget } from './clients.ts'
import { coreRuntime } from './core.ts'
import { configuredRuntime, gitForm } from './gitcredentials.ts'
import { githubForm, githubRuntime } from './github.ts'
import { portForm, portRuntime } from './portal.ts'

export const doctorRuntime = once(async (): Promise<DoctorPorts> => {
  const { config, installation, store, clock } = await coreRuntime()
  const port = await portRuntime()
  const forms = { github: githubForm, port: portForm, git: gitForm }
  return {
    installation,
    store,
    clock,
    within,
    secret: secretStates(new SecretsManagerClient({}), installation.name, forms),
    git: await gitAccess(),
    github: githubAccess(await githubRuntime()),
    portal: {
      connected: port.connected,
      missing: (blueprints) => missingBlueprints(port.options, blueprints),
    },
    capability: capabilities(new LambdaClient({}), installation.name),
    account: perTarget((target) => {
      const options = clientOptions(config, 'doctor', target)
      const eks = new EKSClient(options)
      const { credentials } = eks.config
      const kms = kmsClient({ region: target.region, credentials, now: () => clock.now() })
      return accountAccess({ iam: new IAMClient(options), eks, kms })
    }),
  }
})

/** With the credentials that reading a source, and pushing to a cluster repository, each go with. */
async function gitAccess(): Promise<GitAccess> {
  const [app, configured] = await Promise.all([githubRuntime(), configuredRuntime()])
  const plain = gitRemote({ clock: systemClock, credentials: configured })
  const pushing = gitRemote({ clock: systemClock, credentials: githubCredentials(app, configured) })
  return {
    async readable({ url, installationId, repositoryId }) {
      if (installationId === undefined || repositoryId === undefined) {
        return { empty: (await readAdvertisement(plain, url)).head === undefined }
      }
      const token = await app.tokens.get({ installationId, repositoryId }, { contents: 'read' })
      const credentials = async () => ({ username: appUser, password: token.value })
      const remote = gitRemote({ clock: systemClock, credentials })
      return { empty: (await readAdvertisement(remote, token.cloneUrl)).head === undefined }
    },
    writable: (target) => writable(pushing, target),
  }
}

/** `RequestResponse`, so that the answer is the function's: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function capabilities(client: Pick<LambdaClient, 'send'>, installation: string): DoctorPorts['capability'] {
  return async (capability, target, nats) => {
    const FunctionName = `fairway-${installation}-${capability}`
    const Payload = JSON.stringify({ operation: 'check', ...target, ...(nats ? { nats } : {}) })
    const answer = await callAws(`ask the function ${FunctionName}`, () =>
      client.send(new InvokeCommand({ FunctionName, Payload })),
    )
    if (answer.FunctionError !== undefined || answer.Payload === undefined) {
      throw new RetryLater(`the function ${FunctionName} failed; its log says why`)
    }
    return JSON.parse(Buffer.from(answer.Payload).toString('utf8')) as CapabilityAnswer
  }
}
