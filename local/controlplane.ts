import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { randomBytes, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { controlSecretName } from '../domain/names.ts'
import { reveal } from '../domain/secret.ts'
import type { ClusterSpec } from '../domain/resources.ts'
import type { Store } from '../domain/store.ts'
import { intakePaths } from '../flow/intake/intake.ts'
import type { Asked, Operated } from '../flow/operations/model.ts'
import { gitRemote } from '../git/remote.ts'
import { gitSourceHeads } from '../git/heads.ts'
import { gitSourceReader } from '../git/read.ts'
import { gitClusterRepositoryWriter } from '../git/write.ts'
import type { ExecutionInput, MachineName } from '../infra/rules.ts'
import { redirectTelemetry } from '../lambdas/telemetry.ts'
import { portPortal } from '../portals/port/client.ts'
import { folderContents } from '../store/contents/folder.ts'
import type { PortOptions } from '../portals/port/remote.ts'
import { createArgoStandIn } from './argocd.ts'
import type { SimulatedAws } from './aws/index.ts'
import { createBus, type LocalBus } from './bus.ts'
import { createLocalHandover } from './handover.ts'
import { localGitAccess, localPortalAccess, localSecret } from './doctor.ts'
import { createCounter, type Counts } from './counts.ts'
import { openDirectory, writeWhole, type LocalDirectory } from './directory.ts'
import { layFoundation, registerClusters } from './foundation.ts'
import type { LocalGitHub } from './github/server.ts'
import { startHost } from './hosted.ts'
import { fleetPeriod, localFunctions } from './functions.ts'
import { gitHandler } from './git.ts'
import type { LocalPortal } from './portal.ts'
import { localName, localHeads, localProvider, localReader, localWriter } from './remotes.ts'
import { startServer } from './server.ts'
import { functionOf, operateBy, operationEvent } from './operations.ts'
import { createStateMachines } from './stepfunctions.ts'
import { createTaskTokens } from './tasktokens.ts'
import { reclaim } from './reclaim.ts'
import { portCredentials } from './secrets.ts'

export interface ControlPlaneOptions {
  readonly directory: string
  /** 0: a free one. */
  readonly port: number
  readonly webhookSecret?: string
  /** URL of an AWS to use instead of the simulated one: moto, LocalStack. */
  readonly endpoint?: string
  /** Nothing here looks at the cluster repositories: what confirms removals comes from elsewhere. */
  readonly withoutArgoCd?: boolean
  /** Done before `local.json` says that all is ready. */
  readonly prepare?: (controlPlane: ControlPlane) => Promise<void>
  /** Told what functions answer, as it happens. */
  readonly onStep?: (step: Step) => void
}

export interface Step {
  /** Placeholder of the ASL files: `EcrFunction`. */
  readonly function: string
  readonly input: Readonly<Record<string, unknown>>
  readonly output: Readonly<Record<string, unknown>>
}

export interface ControlPlane {
  readonly directory: string
  readonly url: string
  readonly nats: { readonly url: string; readonly description: string }
  readonly aws: SimulatedAws
  /** For people: what AWS is here. */
  readonly awsDescription: readonly string[]
  readonly portal: LocalPortal
  readonly github: LocalGitHub
  readonly bus: LocalBus
  readonly store: Store
  readonly installation: { readonly account: string; readonly region: string; readonly name: string }
  operate(request: Asked): Promise<Operated>
  /** Signs with this control plane's webhook secret. */
  sign<Signature>(by: (secret: string) => Signature): Signature
  /** Resolves when no execution runs and no event is under way. */
  settle(): Promise<void>
  /** Remote reads and writes by service, the store apart. */
  counts(): Counts
  resetCounts(): void
  readonly routes: readonly string[]
  stop(): Promise<void>
}

/** Stands for this server's address, which is known once it listens. */
const origin = 'http://portal.invalid'

/** Who operates: whoever may read the token in the directory. */
const localUser = 'local user'

/** Milliseconds between looks at what is due, and at the heads of all sources. */
const sweepEvery = 1_000
const sourcesEvery = 60_000

/** The control plane in this process: the deployed handlers and ASL files, on local services. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const directory = await openDirectory(resolve(options.directory))
  redirectTelemetry(directory.log)
  let url = ''
  const counter = createCounter()
  let trail: LocalBus | undefined
  const foundation = await layFoundation(directory, {
    ...(options.webhookSecret === undefined ? {} : { webhookSecret: options.webhookSecret }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    webhook: () => `${url}/webhooks/port`,
    changed: (event) => trail?.put(event),
    counter,
  })
  const { core, aws, portal: portalServer, webhookSecret } = foundation
  const { store, clock, random, installation } = core
  const portSecret = controlSecretName(installation.name, 'port')
  const remote = gitRemote({ clock, credentials: () => Promise.resolve(undefined) })
  const host = await startHost({ directory, store, counter, clock, random })
  const here = (kind: 'repos' | 'sources') => async (name: string) =>
    `${url}/${kind}/${await directory[kind].ensure(name)}.git`
  const writer = gitClusterRepositoryWriter({
    remote,
    directory: directory.scratch,
    author: { name: 'Fairway', email: 'fairway@localhost' },
    clock,
    random,
  })
  const argocd = createArgoStandIn({
    repositories: directory.repos.path,
    state: directory.argocd,
    clusters: (repository) => clustersOf(store, repository),
    notify: async (cluster, body, sign) => {
      const headers = { 'x-fairway-signature-256': sign(reveal(webhookSecret)), 'x-fairway-delivery': randomUUID() }
      // As it is done in a cluster: the same delivery until it is taken.
      for (let attempt = 1; ; attempt += 1) {
        const answer = await fetch(`${url}/webhooks/argocd/${cluster}`, { method: 'POST', body, headers })
        await answer.body?.cancel()
        if (answer.ok) return
        if (attempt === 5) throw new Error(`the confirmation for ${cluster} was answered ${answer.status}`)
        await clock.sleep(100 * attempt)
      }
    },
  })

  let background = 0
  const aside = (work: () => Promise<unknown>) => {
    background += 1
    work()
      .catch((error: unknown) => directory.log(JSON.stringify({ level: 'ERROR', message: String(error) })))
      .finally(() => (background -= 1))
  }
  const bus = createBus({
    id: randomUUID,
    start: (machine, input, name) => start(machine, input, name),
    call: (name, payload) => aside(() => run(functions, name, payload)),
    onEvent: (event) => directory.log(JSON.stringify({ level: 'INFO', message: 'event', event })),
  })
  trail = bus
  const port: PortOptions = {
    base: origin,
    fetch: (target, init) => fetch(new URL(new Request(target).url.slice(origin.length), url), init),
    clock,
    credentials: () => Promise.resolve({ clientId: 'local', clientSecret: webhookSecret }),
  }
  const tokens = createTaskTokens({ clock })
  const handover = createLocalHandover({
    table: core.table,
    clock,
    contents: folderContents(directory.contents),
    waiters: tokens.waiters,
    call: (event) => run(called, 'WriteFunction', event),
    log: directory.log,
  })
  const functions = localFunctions({
    core,
    bus,
    aws,
    provider: localProvider(foundation.provider, foundation.operator, foundation.nats.url, counter),
    reader: host.reader(localReader(gitSourceReader({ remote }), here('sources'), counter)),
    heads: host.heads(localHeads(gitSourceHeads({ remote }), here('sources'), counter)),
    checks: host.checks,
    writer: localWriter(writer, here('repos'), counter),
    portal: portPortal(port),
    webhookSecrets: (name) => Promise.resolve([name === portSecret ? portCredentials(webhookSecret) : webhookSecret]),
    handover,
    brake: foundation.brake,
    doctor: { git: localGitAccess(remote, here, counter), portal: localPortalAccess(port), secret: localSecret },
  })
  const called = told(functions, options.onStep, () => options.withoutArgoCd || aside(() => argocd.look()))
  const machines = createStateMachines({
    functions: called,
    concurrency: 16,
    tokens,
    ...(options.onStep ? { onAnswer: options.onStep } : {}),
  })

  function start(machine: MachineName, input: ExecutionInput, name: string): void {
    aside(async () => {
      if (machine === 'reconcile-system') await registerClusters(aws, store, installation.permissionsBoundary)
      const ended = await machines.start(machine, input, name).result
      const what = { level: ended.ok ? 'INFO' : 'ERROR', message: `${machine} ${ended.ok ? 'ended' : 'failed'}`, input }
      directory.log(JSON.stringify(ended.ok ? what : { ...what, error: `${ended.error.name}: ${ended.error.message}` }))
    })
  }

  const token = randomBytes(24).toString('base64url')
  const git = gitHandler({ root: directory.path })
  const operation = (event: Pick<APIGatewayProxyEventV2, 'routeKey'>) =>
    run(functions, functionOf(event.routeKey.split('/').at(-1) ?? ''), event)
  const server = await startServer(
    {
      intake: (event) => run(functions, 'IntakeFunction', event) as Promise<APIGatewayProxyStructuredResultV2>,
      operate: (name, body) =>
        operation(operationEvent(localUser, name, body)) as Promise<APIGatewayProxyStructuredResultV2>,
      token,
      git: async (request, response) => {
        await ensureRepository(directory, request.url ?? '')
        return git.handle(request, response)
      },
      portal: (request, response) => portalServer.handle(request, response),
      help: () => `${routesOf(url).join('\n')}\n`,
    },
    options.port,
  )
  url = server.url
  await reclaim(store, clock)
  await registerClusters(aws, store, installation.permissionsBoundary)
  const every = (milliseconds: number, operation: string, name = 'SweepFunction') =>
    setInterval(() => aside(() => run(functions, name, { operation })), milliseconds)
  const timers = [every(sweepEvery, 'due'), every(sourcesEvery, 'heads', 'SourceFunction'), every(fleetPeriod, 'fleet')]
  const controlPlane: ControlPlane = {
    directory: directory.path,
    url,
    nats: foundation.nats,
    aws,
    awsDescription: foundation.awsDescription,
    portal: portalServer,
    github: host.github,
    bus,
    store,
    installation,
    operate: (request) => operateBy(operation, localUser, request),
    sign: (by) => by(reveal(webhookSecret)),
    async settle() {
      for (let quiet = 0; quiet < 3;) {
        await clock.sleep(20)
        quiet = machines.running + background + handover.queue.pending === 0 ? quiet + 1 : 0
      }
    },
    counts: () => ({ ...aws.calls.snapshot(), ...counter.snapshot() }),
    resetCounts: () => {
      aws.calls.reset()
      counter.reset()
    },
    routes: routesOf(url),
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await machines.stop()
      await server.stop()
      await git.close()
      await host.github.close()
      await foundation.stop()
      await rm(join(directory.path, 'local.json'), { force: true })
      await rm(join(directory.path, 'operations.token'), { force: true })
      redirectTelemetry(undefined)
      await directory.close()
    },
  }
  await options.prepare?.(controlPlane)
  await writeWhole(join(directory.path, 'operations.token'), token, 0o600)
  await writeWhole(
    join(directory.path, 'local.json'),
    `${JSON.stringify({ pid: process.pid, http: url, git: url, nats: foundation.nats.url, portal: url, operations: `${url}/operations` }, null, 2)}\n`,
  )
  return controlPlane
}

/** A bare repository is made when it is first reached, as it is when Fairway looks for it first. */
async function ensureRepository(directory: LocalDirectory, path: string): Promise<void> {
  const match = /^\/(repos|sources)\/([a-z0-9][a-z0-9._-]*)\.git\//i.exec(path)
  if (match) await directory[match[1] as 'repos' | 'sources'].ensure(match[2] ?? '')
}

type Functions = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>

function run(functions: Functions, name: string, payload: unknown): Promise<unknown> {
  const target = functions[name]
  return target ? target(payload) : Promise.reject(new Error(`no function ${name}`))
}

/** The same functions, with somebody listening; a commit makes the Argo CD stand-in look. */
function told(functions: Functions, onStep: ControlPlaneOptions['onStep'], onCommit: () => void): Functions {
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [
      name,
      async (payload: unknown) => {
        const output = await call(payload)
        onStep?.({ function: name, input: payload as Step['input'], output: (output ?? {}) as Step['output'] })
        if (name === 'WriteFunction') onCommit()
        return output
      },
    ]),
  )
}

async function clustersOf(store: Store, repository: string) {
  const clusters = await store.list('Cluster')
  return clusters.flatMap(({ name, spec }) => {
    if (spec === undefined) return []
    const { url, branch, path } = (spec as ClusterSpec).repository
    return localName(url) === repository ? [{ name, branch, path }] : []
  })
}

function routesOf(url: string): readonly string[] {
  return [
    ...intakePaths.map((path) => `POST ${url}${path}`),
    `POST ${url}/v1/actions/{action}/runs        a person runs an action in the stand-in of Port`,
    `git  ${url}/sources/{source}.git            push your own manifests here; refs/pull/{number}/head is a pull request`,
    `git  ${url}/repos/{repository}.git          cluster repositories`,
  ]
}
