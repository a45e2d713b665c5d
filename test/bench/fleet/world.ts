import { memoryProvider, type MemoryServers } from '../../../capabilities/nats/memory.ts'
import { SecretValue } from '../../../domain/secret.ts'
import type { ClusterRepositoryWriter } from '../../../domain/git.ts'
import { memoryChecks } from '../../../git/github/memory.ts'
import { memoryClusterRepositoryWriter, memorySourceHeads, memorySourceReader } from '../../../git/memory.ts'
import { memoryGitHost, type MemoryGitHost } from '../../../git/memoryhost.ts'
import { readConfig } from '../../../lambdas/config.ts'
import { composeCore } from '../../../lambdas/runtime/core.ts'
import { redirectTelemetry } from '../../../lambdas/telemetry.ts'
import { testClock, testRandom, type TestClock } from '../../../local/aws/fixture.ts'
import { createAws, registerCluster, registerPermissionsBoundary, type SimulatedAws } from '../../../local/aws/index.ts'
import { createBus } from '../../../local/bus.ts'
import { localFunctions, type LocalFunctions } from '../../../local/functions.ts'
import { createLocalHandover } from '../../../local/handover.ts'
import { memoryPortal } from '../../../portals/memory.ts'
import { memoryContents } from '../../../store/contents/memory.ts'
import { memoryTable } from '../../../store/memory.ts'
import { memoryDoctor } from '../../support/memorydoctor.ts'
import { countingTable, type CountedTable } from './counting.ts'
import { home, type Shape } from './shape.ts'

/** The deployed handlers on the twins of all ports, without state machines: what would start one is only noted. */
export interface BenchWorld {
  readonly shape: Shape
  readonly clock: TestClock
  readonly aws: SimulatedAws
  readonly provider: MemoryServers
  readonly host: MemoryGitHost
  readonly functions: LocalFunctions
  readonly core: ReturnType<typeof composeCore>
  readonly counted: CountedTable
  /** What was rendered and handed over, by content address; emptied by whoever takes it. */
  readonly contents: Map<string, string>
  /** Executions and calls that rules would have started. */
  readonly started: { readonly what: string; readonly input: unknown }[]
  /** Requests to git hosts. */
  readonly git: { requests: number }
  /** Told of each call of AWS, of the table and of a git host. */
  heard: (() => void) | undefined
  call<Answer>(name: string, payload: unknown): Promise<Answer>
}

export async function benchWorld(shape: Shape): Promise<BenchWorld> {
  redirectTelemetry(() => undefined)
  const clock = testClock()
  const random = testRandom()
  const host = memoryGitHost()
  const provider = memoryProvider({ clock })
  const aws = createAws({
    clock,
    random,
    ...home,
    quotas: { rolesPerAccount: 10_000, repositoriesPerRegistry: 1_000_000 },
    onCall: () => world.heard?.(),
  })
  const config = readConfig({
    FAIRWAY_INSTALLATION: 'bench',
    FAIRWAY_ACCOUNT: home.account,
    AWS_REGION: home.region,
    FAIRWAY_TABLE: 't',
    FAIRWAY_BUS: 'b',
  })
  const counted = countingTable(memoryTable(), () => world.heard?.())
  const core = composeCore(counted.table, clock, random, config)
  const started: { what: string; input: unknown }[] = []
  const git = { requests: 0 }
  const bus = createBus({
    id: () => String(started.length),
    start: (machine, input) => void started.push({ what: machine, input }),
    call: (name, input) => void started.push({ what: name, input }),
  })
  const contents = new Map<string, string>()
  const handover = createLocalHandover({
    table: core.table,
    clock,
    contents: memoryContents(contents),
    waiters: { succeed: () => Promise.resolve('told'), fail: () => Promise.resolve('told') },
    call: () => Promise.resolve(),
    log: () => undefined,
  })
  const functions = localFunctions({
    core,
    bus,
    aws,
    provider,
    reader: memorySourceReader(host),
    heads: memorySourceHeads(host),
    checks: memoryChecks(),
    writer: listed(memoryClusterRepositoryWriter(host, { clock, random }), () => {
      // Refs, and what is new: as on a clone that somebody else has written past.
      git.requests += 2
      world.heard?.()
    }),
    handover,
    portal: memoryPortal(),
    webhookSecrets: () => Promise.resolve([new SecretValue('bench')]),
    brake: 1,
    doctor: memoryDoctor(host, aws.secretsManager(home)),
  })
  const world: BenchWorld = {
    shape,
    clock,
    aws,
    provider,
    host,
    functions,
    core,
    counted,
    contents,
    started,
    git,
    heard: undefined,
    async call<Answer>(name: string, payload: unknown) {
      const called = functions[name]
      if (called === undefined) throw new Error(`no function ${name}`)
      return (await called(payload)) as Answer
    },
  }
  for (const { name, account, repository } of shape.clusters) {
    host.create(repository)
    await registerCluster(aws, { account, region: home.region, name })
    for (const boundary of ['fairway-boundary', 'fairway-boundary-reader']) {
      await registerPermissionsBoundary(aws, { account, name: boundary })
    }
  }
  return world
}

function listed(writer: ClusterRepositoryWriter, heard: () => void): ClusterRepositoryWriter {
  return {
    ...writer,
    list(...call) {
      heard()
      return writer.list(...call)
    },
  }
}
