import { readdirSync, readFileSync } from 'node:fs'
import { memoryProvider } from '../../capabilities/nats/memory.ts'
import { SecretValue } from '../../domain/secret.ts'
import type { Asked } from '../../flow/operations/model.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import { memoryClusterRepositoryWriter, memorySourceHeads, memorySourceReader } from '../../git/memory.ts'
import { memoryChecks } from '../../git/github/memory.ts'
import { memoryGitHost } from '../../git/memoryhost.ts'
import {
  createAws,
  pushImage,
  registerCluster,
  registerOidcProvider,
  registerPermissionsBoundary,
} from '../../local/aws/index.ts'
import { testClock, testRandom, type TestClock } from '../../local/aws/fixture.ts'
import { createBus } from '../../local/bus.ts'
import { localFunctions } from '../../local/functions.ts'
import { functionOf, operateBy } from '../../local/operations.ts'
import { createLocalHandover } from '../../local/handover.ts'
import { createStateMachines } from '../../local/stepfunctions.ts'
import { createTaskTokens } from '../../local/tasktokens.ts'
import { composeCore } from '../../lambdas/runtime/core.ts'
import { readConfig } from '../../lambdas/config.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { memoryPortal } from '../../portals/memory.ts'
import { memoryContents } from '../../store/contents/memory.ts'
import { memoryTable } from '../../store/memory.ts'
import { memoryDoctor } from './memorydoctor.ts'

/**
 * The whole control plane on the in-memory twins of its ports: the deployed handlers and state machines, no HTTP, no
 * disk, a clock that only moves when somebody sleeps. Faults are thrown around functions and AWS calls.
 */
const home = { account: '100000000001', region: 'eu-west-1' }
const platform = new URL('../../examples/platform/', import.meta.url)
/** The source of the example platform that is on GitHub. */
export const hosted = { source: 'policy-admin-services', installationId: 51_423_877, repositoryId: 734_519_206 }

/** Of every source. */
export const webhookSecret = 'webhook secret of the tests'

type Fault = (
  name: string,
  payload: Readonly<Record<string, unknown>>,
  when: 'before' | 'after',
) => void | Promise<void>

/** The ports of a control plane, those of the function `nats` apart from AWS. */
export type PortName =
  | 'table'
  | 'bus'
  | 'aws'
  | 'nats'
  | 'sources'
  | 'heads'
  | 'checks'
  | 'repositories'
  | 'portal'
  | 'contents'
  | 'queue'
  | 'waiters'
  | 'webhooks'

export interface MemoryWorldOptions {
  readonly clock?: TestClock
  /** Stands between the control plane and the twin of a port. */
  readonly between?: <Port extends object>(name: PortName, port: Port) => Port
}

export async function memoryWorld({ clock = testClock(), between = (_, port) => port }: MemoryWorldOptions = {}) {
  redirectTelemetry(() => undefined)
  const random = testRandom()
  const host = memoryGitHost()
  const portal = memoryPortal()
  const checks = memoryChecks()
  const provider = memoryProvider({ clock })
  const control: {
    fault?: Fault
    onState?: (machine: string, execution: string) => void
    awsFault?: Parameters<typeof createAws>[0]['faults']
    /** The accounts have a trail: what is changed by hand is told. */
    trail?: true
  } = {}
  const aws = createAws({
    clock,
    random,
    ...home,
    faults: (call) => control.awsFault?.(call),
    onOutside: (event) => control.trail && bus.put(event),
  })
  const config = readConfig({
    FAIRWAY_INSTALLATION: 'test',
    FAIRWAY_ACCOUNT: home.account,
    AWS_REGION: home.region,
    FAIRWAY_TABLE: 't',
    FAIRWAY_BUS: 'b',
  })
  const core = composeCore(between('table', memoryTable()), clock, random, config)
  const events: string[] = []
  const running = new Set<Promise<unknown>>()
  let counter = 0
  let pushes = 0
  /** Functions under way. */
  let calls = 0

  const bus = createBus({
    id: () => `e${++counter}`,
    onEvent: (event) => events.push(`${event['detail-type']} ${JSON.stringify(event.detail)}`),
    start: (machine, input, name) => {
      const result = machines.start(machine, input, name).result
      running.add(result)
      void result.finally(() => running.delete(result))
    },
    call: (name, payload) => {
      const result = Promise.allSettled([faulty[name]?.(payload)])
      running.add(result)
      void result.finally(() => running.delete(result))
    },
  })
  const doctor = memoryDoctor(host, aws.secretsManager(home))
  const tokens = createTaskTokens({ clock, untimed: true })
  const contents = new Map<string, string>()
  const handover = createLocalHandover({
    table: core.table,
    clock,
    contents: between('contents', memoryContents(contents)),
    waiters: between('waiters', tokens.waiters),
    call: async (event) => faulty['WriteFunction']?.(event),
    log: () => undefined,
  })
  const functions = localFunctions({
    core,
    bus: between('bus', bus),
    aws: between('aws', aws),
    provider: between('nats', provider),
    reader: between('sources', memorySourceReader(host)),
    heads: between('heads', memorySourceHeads(host)),
    checks: between('checks', checks),
    writer: between('repositories', memoryClusterRepositoryWriter(host, { clock, random })),
    handover: { ...handover, queue: between('queue', handover.queue) },
    portal: between('portal', portal),
    ...between('webhooks', { webhookSecrets: () => Promise.resolve([new SecretValue(webhookSecret)]) }),
    brake: 1,
    doctor,
  })
  const faulty = Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [
      name,
      async (payload: unknown) => {
        calls += 1
        try {
          await control.fault?.(name, payload as never, 'before')
          const result = await call(payload)
          await control.fault?.(name, payload as never, 'after')
          return result
        } finally {
          calls -= 1
        }
      },
    ]),
  )
  const machines = createStateMachines({
    functions: faulty,
    concurrency: 8,
    tokens,
    retryPause: 0,
    onEvent: ({ what, machine, execution }) => {
      if (what === 'entered') control.onState?.(machine, execution)
    },
  })

  async function quiet(): Promise<void> {
    for (let [still, stuck] = [0, 0]; still < 3;) {
      await new Promise((resolve) => setImmediate(resolve))
      const busy = running.size + handover.queue.pending > 0
      still = busy ? 0 : still + 1
      stuck = busy && calls + handover.queue.pending === 0 && tokens.waiting > 0 ? stuck + 1 : 0
      // Nobody is left who could answer those that wait: for them time passes.
      if (stuck > 50 && tokens.earliest !== undefined) {
        clock.advance(Math.max(0, tokens.earliest - clock.now()))
        tokens.expire()
        stuck = 0
      }
    }
  }

  const world = {
    aws,
    bus,
    checks,
    clock,
    control,
    core,
    doctor,
    events,
    contents,
    functions,
    handover,
    home,
    host,
    portal,
    provider,
    store: core.store,
    quiet,
    async operate(request: Asked) {
      const name = functionOf(request.operation)
      const result = await operateBy(async (event) => functions[name]?.(event), 'test', request)
      await quiet()
      return result
    },
    /** The branch holds exactly these files; the source is looked at. */
    async push(source: string, files: Readonly<Record<string, string>>) {
      const repository = host.repository(await urlOf(source))
      const head = repository.branches.get('main')
      const before = head === undefined ? [] : [...(repository.commit(head)?.files.keys() ?? [])]
      const gone = Object.fromEntries(before.map((path) => [path, undefined]))
      repository.write('main', { ...gone, 'README.md': `push ${++pushes}`, ...files }, 'change')
      await world.look(source)
    },
    /** A pull request of the source on GitHub has exactly these files at its head; its webhook is looked at. */
    async pull(number: number, files: Readonly<Record<string, string>>) {
      const repository = host.repository(await urlOf(hosted.source))
      const branch = `pull-${number}`
      const before = repository.commit(repository.branches.get(branch) ?? '')?.files.keys() ?? []
      const gone = Object.fromEntries([...before].map((path) => [path, undefined]))
      const head = repository.write(branch, { ...gone, ...files }, `pull request ${number}, ${++pushes}`)
      repository.point(`refs/pull/${number}/head`, head)
      const base = repository.branches.get('main') ?? head
      checks.setPullRequest(hosted, { number, open: true, head, base })
      await world.lookAtPull(number, head)
      return head
    },
    async lookAtPull(number: number, head: string) {
      const detail = { source: hosted.source, number, head, delivery: `d${++pushes}` }
      await bus.publish([{ type: 'PullRequestChanged', detail }])
      await quiet()
    },
    async look(source: string, reason = 'push') {
      await bus.publish([{ type: 'SourceChanged', detail: { source, reason } }])
      await quiet()
    },
    async image(repository: string, tag = 'main-1') {
      const event = await pushImage(aws, { ...home, repository, tag, content: `${repository} ${tag}` })
      bus.put(event)
      await quiet()
      return event.detail['image-digest']
    },
    async reconcile(workload: string) {
      await bus.publish([{ type: 'WorkloadChanged', detail: { workload, reason: 'test' } }])
      await quiet()
    },
    /** Time passes, and the sweep looks at what is due, until nothing is. */
    async settle(milliseconds = 30 * 60_000) {
      for (let round = 0; round < 6; round++) {
        clock.advance(milliseconds / 6)
        await functions['SweepFunction']?.({ operation: 'due' })
        await quiet()
      }
    },
    async workload(name: string): Promise<WorkloadRecord> {
      const record = await core.store.get({ kind: 'Workload', name })
      if (record === undefined) throw new Error(`no workload ${name}`)
      return record
    },
    branch(repository: string): ReadonlyMap<string, string> {
      const found = host.repository(`https://github.example/acme/${repository}.git`)
      const head = found.branches.get('main')
      const commit = head === undefined ? undefined : found.commit(head)
      return new Map([...(commit?.files ?? [])].map(([path, { content }]) => [path, content.toString()]))
    },
    head: (repository: string) => host.repository(`https://github.example/acme/${repository}.git`).branches.get('main'),
    /** Everything that P1 counts. */
    writes() {
      const calls = Object.values(aws.calls.snapshot()).reduce((sum, { writes }) => sum + writes, 0)
      return calls + portal.writes + provider.counts.pushes + checks.runs(hosted).length
    },
  }

  async function urlOf(source: string): Promise<string> {
    const record = await core.store.get({ kind: 'Source', name: source })
    if (record?.spec === undefined) throw new Error(`no source ${source}`)
    return (record.spec as { url: string }).url
  }

  checks.add(hosted)
  for (const name of ['cluster-dev', 'cluster-prod']) host.create(`https://github.example/acme/${name}.git`)
  for (const url of [
    'https://github.example/acme/policy-admin-services.git',
    'https://git.example/claims/claims-services.git',
  ]) {
    host.create(url)
    host.repository(url).write('main', { 'README.md': 'nothing is declared yet' }, 'first')
  }
  const files = readdirSync(platform).map((path) => ({ path, text: readFileSync(new URL(path, platform), 'utf8') }))
  const issuer = /oidcProvider: (\S+)/.exec(files.map(({ text }) => text).join('\n'))?.[1]
  const prod = { account: '200000000002', region: 'eu-central-1' }
  for (const [place, name] of [
    [home, 'apps-dev'],
    [prod, 'apps-prod'],
  ] as const) {
    await registerCluster(aws, { ...place, name, ...(name === 'apps-prod' && issuer ? { issuer } : {}) })
    for (const boundary of ['fairway-boundary', 'fairway-boundary-reader'])
      await registerPermissionsBoundary(aws, { account: place.account, name: boundary })
  }
  if (issuer) await registerOidcProvider(aws, { account: prod.account, issuer })
  await world.operate({ operation: 'apply', files })
  return world
}

export type MemoryWorld = Awaited<ReturnType<typeof memoryWorld>>
