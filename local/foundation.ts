import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { operatorProvider } from '../capabilities/nats/operator.ts'
import type { NatsProvider } from '../capabilities/nats/provider.ts'
import { systemClock, systemRandom } from '../domain/effects.ts'
import type { ClusterSpec } from '../domain/resources.ts'
import type { SecretValue } from '../domain/secret.ts'
import type { Store } from '../domain/store.ts'
import { readConfig } from '../lambdas/config.ts'
import { composeCore, type AwsCore } from '../lambdas/runtime/core.ts'
import {
  createAws,
  registerCluster,
  registerOidcProvider,
  registerPermissionsBoundary,
  type SimulatedAws,
} from './aws/index.ts'
import type { Counter } from './counts.ts'
import type { LocalDirectory } from './directory.ts'
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
const root = fileURLToPath(new URL('..', import.meta.url))

/** People of the stand-in portal, by the teams that the examples name. */
const users = [
  { id: 'ada', email: 'ada@example.com', teams: ['policy-admin'] },
  { id: 'bo', email: 'bo@example.com', teams: ['claims'] },
]

export async function layFoundation(
  directory: LocalDirectory,
  options: { readonly webhookSecret?: string; readonly webhook: () => string; readonly counter: Counter },
): Promise<Foundation> {
  const clock = systemClock
  const random = systemRandom
  const table = await startTable({ path: directory.store, clock, random })
  const config = readConfig({
    FAIRWAY_INSTALLATION: installation,
    FAIRWAY_ACCOUNT: home.account,
    AWS_REGION: home.region,
    FAIRWAY_TABLE: table.tableName,
    FAIRWAY_BUS: installation,
  })
  const core = composeCore(table.table, clock, random, config)
  const aws = createAws({ clock, random, ...home, directory: directory.aws })
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
    actions: await shippedActions(),
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
    nats,
    provider,
    portal,
    webhookSecret,
    operator,
    stop: async () => {
      await provider.close()
      await nats.stop()
      await table.stop()
    },
  }
}

/** What exists around a cluster before Fairway comes: the cluster, its OIDC provider, the boundary in its account. */
export async function registerClusters(aws: SimulatedAws, store: Store, boundary: string): Promise<void> {
  for (const { spec } of await store.list('Cluster')) {
    if (spec === undefined) continue
    const { account, region, cluster, oidcProvider } = (spec as ClusterSpec).aws
    await registerCluster(aws, { account, region, name: cluster })
    for (const name of [boundary, `${boundary}-reader`]) await registerPermissionsBoundary(aws, { account, name })
    if (oidcProvider !== undefined) await registerOidcProvider(aws, { account, issuer: oidcProvider })
  }
}

async function shippedActions(): Promise<PortAction[]> {
  const directory = join(root, 'examples/portal/port')
  const names = (await readdir(directory)).filter((name) => name.endsWith('.action.json'))
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as PortAction))
}
