import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { operatorProvider } from '../capabilities/nats/operator.ts'
import type { NatsProvider } from '../capabilities/nats/provider.ts'
import { systemClock, systemRandom } from '../domain/effects.ts'
import type { ApiCall } from '../domain/events.ts'
import type { ClusterSpec } from '../domain/resources.ts'
import type { SecretValue } from '../domain/secret.ts'
import type { Store } from '../domain/store.ts'
import { readConfig } from '../lambdas/config.ts'
import { composeCore, type AwsCore } from '../lambdas/runtime/core.ts'
import {
  createAws,
  registerCluster,
  registerController,
  registerOidcProvider,
  registerPermissionsBoundary,
  registerPodIdentityAgent,
  type SimulatedAws,
} from './aws/index.ts'
import type { Counter } from './counts.ts'
import type { LocalDirectory } from './directory.ts'
import { connectEndpoint } from './endpoint/connect.ts'
import { startNats, type LocalNats } from './nats.ts'
import { findNatsServer } from './natsserver.ts'
import { openLocalPortal, type LocalPortal } from './portal.ts'
import type { PortAction } from './portal/template.ts'
import { localWebhookSecret, putSecret } from './secrets.ts'
import { startTable } from './table.ts'

/** The services that a local control plane stands on: a store, a simulated AWS, NATS, and a portal. */
export interface Foundation {
  readonly core: Omit<AwsCore, 'config'>
  readonly brake: number
  readonly aws: SimulatedAws
  /** For people: what AWS is here. */
  readonly awsDescription: readonly string[]
  readonly nats: LocalNats
  readonly provider: NatsProvider
  readonly portal: LocalPortal
  readonly webhookSecret: SecretValue
  readonly operator: string
  readonly stop: () => Promise<void>
}

/** An account and a region that stand for the control plane's own. */
const home = { account: '100000000001', region: 'eu-west-1' }
const installation = 'local'
const operator = 'main'
/** As infra/names.ts names it, so that the table of a stack at the endpoint is the one that is used. */
const tableName = `fairway-${installation}`
const root = fileURLToPath(new URL('..', import.meta.url))

/** People of the stand-in portal, by the teams that the examples name. */
const users = [
  { id: 'ada', email: 'ada@example.com', teams: ['policy-admin'] },
  { id: 'bo', email: 'bo@example.com', teams: ['claims'] },
]

export async function layFoundation(
  directory: LocalDirectory,
  options: {
    readonly webhookSecret?: string
    readonly webhook: () => string
    readonly counter: Counter
    readonly endpoint?: string
    /** What somebody changes by hand in the simulated AWS. */
    readonly changed: (event: ApiCall) => void
  },
): Promise<Foundation> {
  const clock = systemClock
  const random = systemRandom
  const config = readConfig({
    FAIRWAY_INSTALLATION: installation,
    FAIRWAY_ACCOUNT: home.account,
    AWS_REGION: home.region,
    FAIRWAY_TABLE: tableName,
    FAIRWAY_BUS: installation,
  })
  const { aws, awsDescription, table, stopAws } = await layAws(directory, options)
  const core = composeCore(table, clock, random, config)
  const control = aws.outside.secretsManager(home)
  const webhookSecret = await localWebhookSecret(control, installation, options.webhookSecret)
  const binary = await findNatsServer(process.env, root)
  const nats = await startNats({
    directory: directory.nats,
    installation,
    operator,
    binary,
    clock,
    putSecret: (name, value) => putSecret(control, name, value),
  })
  const provider = nats.provider ?? operatorProvider({ control: aws.secretsManager(home), installation })
  const portal = await openLocalPortal({
    directory: directory.portal,
    clientId: 'local',
    clientSecret: webhookSecret,
    actions: await shipped<PortAction>('action'),
    blueprints: (await shipped<{ readonly identifier: string }>('blueprint')).map(({ identifier }) => identifier),
    users,
    webhook: options.webhook,
    counter: options.counter,
    clock,
    random,
  })
  return {
    core,
    brake: config.FAIRWAY_BRAKE_WORKLOADS,
    aws,
    awsDescription,
    nats,
    provider,
    portal,
    webhookSecret,
    operator,
    stop: async () => {
      await provider.close()
      await nats.stop()
      await stopAws()
    },
  }
}

/** The simulated AWS and dynalite; or somebody else's at an endpoint, as far as it goes. */
async function layAws(
  directory: LocalDirectory,
  { endpoint, changed }: Pick<Parameters<typeof layFoundation>[1], 'endpoint' | 'changed'>,
) {
  const effects = { clock: systemClock, random: systemRandom }
  const dynalite = () => startTable({ path: directory.store, ...effects })
  if (endpoint === undefined) {
    const { table, stop } = await dynalite()
    const aws = createAws({ ...effects, ...home, directory: directory.aws, onOutside: changed })
    return { aws, awsDescription: ['AWS: simulated in this process'], table, stopAws: stop }
  }
  const connected = await connectEndpoint({ url: endpoint, home, ...effects, directory: directory.aws })
  const store = connected.table ? { table: await connected.table(tableName), stop: () => undefined } : await dynalite()
  const stopAws = async () => {
    await store.stop()
    connected.close()
  }
  return { aws: connected.aws, awsDescription: connected.description, table: store.table, stopAws }
}

/** What exists around a cluster before Fairway comes: how its pods and its External Secrets get roles, and boundaries. */
export async function registerClusters(aws: SimulatedAws, store: Store, boundary: string): Promise<void> {
  for (const { spec } of await store.list('Cluster')) {
    if (spec === undefined) continue
    const { aws: where, externalSecrets, identity } = spec as ClusterSpec
    const { account, region, cluster, oidcProvider } = where
    const place = { account, region }
    const issuer = oidcProvider === undefined ? {} : { issuer: oidcProvider }
    await registerCluster(aws, { ...place, name: cluster, ...issuer })
    await registerPodIdentityAgent(aws, { ...place, name: cluster })
    for (const name of [boundary, `${boundary}-reader`]) await registerPermissionsBoundary(aws, { account, name })
    if (oidcProvider !== undefined) await registerOidcProvider(aws, { account, issuer: oidcProvider })
    await registerController(aws, {
      ...place,
      cluster,
      name: externalSecrets?.role?.split('/').at(-1) ?? 'fairway-external-secrets',
      namespace: externalSecrets?.namespace ?? 'external-secrets',
      serviceAccount: externalSecrets?.serviceAccount ?? 'external-secrets',
      ...(identity === 'irsa' ? issuer : {}),
    })
  }
}

async function shipped<Content>(kind: 'action' | 'blueprint'): Promise<Content[]> {
  const directory = join(root, 'examples/portal/port')
  const names = (await readdir(directory)).filter((name) => name.endsWith(`.${kind}.json`))
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as Content))
}
