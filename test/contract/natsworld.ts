import { nats } from '../../capabilities/nats/index.ts'
import type { NatsRemote, NatsSubject } from '../../capabilities/nats/index.ts'
import type { MemoryServers } from '../../capabilities/nats/memory.ts'
import { memoryProvider } from '../../capabilities/nats/memory.ts'
import type { NatsProvider, NatsTarget } from '../../capabilities/nats/provider.ts'
import { natsSpec } from '../../capabilities/nats/schema.ts'
import type { Installation, Ledger } from '../../domain/capability.ts'
import type { Clock, Random } from '../../domain/effects.ts'
import { Conflict, RetryLater } from '../../domain/errors.ts'
import type { NatsOutput } from '../../domain/outputs.ts'
import type { Claim, Credential, Pin, RotationRequest } from '../../domain/records.ts'
import { clusterSpec, systemSpec } from '../../domain/resources.ts'
import type { Table } from '../../domain/table.ts'
import type { Outcome } from '../../flow/outcome.ts'
import { provision } from '../../flow/provision.ts'
import { createAws } from '../../local/aws/index.ts'
import type { CallInfo, Fault } from '../../local/aws/index.ts'
import { memoryTable } from '../../store/memory.ts'
import { installation } from './nats.ts'

/** Everything around the capability, with a hook in front of and behind each call that leaves it. */

const account = '111122223333'
const region = 'eu-west-1'

/** Time that passes only when everybody waits: then it is the moment that the first of them waits for. */
export function virtualClock(): Clock & { advance(milliseconds: number): void } {
  let now = Date.parse('2026-11-20T12:00:00Z')
  const sleepers: { readonly until: number; wake(): void }[] = []
  function wakeFirst(): void {
    sleepers.sort((a, b) => a.until - b.until)
    const first = sleepers.shift()
    now = Math.max(now, first?.until ?? 0)
    first?.wake()
  }
  return {
    now: () => now,
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ until: now + milliseconds, wake })
        // After all that can still go on without time passing.
        setImmediate(() => setImmediate(wakeFirst))
      }),
    advance: (milliseconds) => void (now += milliseconds),
  }
}

export function seededRandom(): Random {
  let state = 1
  const next = () => (state = (state * 48_271) % 2_147_483_647)
  return { bytes: (length) => Uint8Array.from({ length }, () => next() % 256), fraction: () => next() / 2_147_483_647 }
}

/** `before` may throw: the call is not made. `after` may throw: it was made, and its answer is lost. */
export interface Hooks {
  before(call: string): void
  after(call: string): void
}

interface Memory {
  readonly claims: Record<string, Claim>
  readonly credentials: Record<string, Credential>
  readonly rotations: Record<string, RotationRequest>
  readonly pins: Record<string, Pin>
}

export interface Placement {
  readonly workload: string
  readonly cluster?: string
  readonly environment?: string
  readonly system?: string
  readonly incarnation?: number
  /** Absent: it is to be removed. */
  readonly nats?: object
}

export interface World {
  readonly remote: NatsRemote
  readonly clock: Clock
  /** By placement. */
  readonly memories: Map<string, Memory>
  readonly hooks: Hooks
  readonly calls: string[]
  readonly warnings: string[]
  readonly target: NatsTarget
  faults: (call: CallInfo) => Fault | undefined
  subject(placement: Placement): NatsSubject
  memoryOf(placement: Placement): Memory
  /** One invocation of the provisioning step. */
  once(placement: Placement): Promise<Outcome>
  /** As the state machine does it: again after RetryLater and Conflict. */
  reconcile(placement: Placement): Promise<Outcome>
  output(placement: Placement): Promise<NatsOutput>
  /** As `fairway rotate` asks it. */
  ask(placement: Placement, request?: Partial<RotationRequest>): void
  /** False while the cluster repository cannot be reached: what is provisioned is not pinned. */
  commits: boolean
}

export interface WorldOptions {
  readonly clock?: Clock
  readonly target?: NatsTarget
  readonly overlap?: Installation['overlap']
  /** The twin when absent. */
  readonly provider?: (control: NatsRemote['control']) => Promise<NatsProvider>
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = options.clock ?? virtualClock()
  const random = seededRandom()
  const world = { faults: () => undefined } as unknown as World
  const aws = createAws({ clock, random, account, region, faults: (call) => world.faults(call) })
  const control = aws.secretsManager({ account: '999988887777' })
  const provider =
    (await options.provider?.(aws.outside.secretsManager({ account: '999988887777' }))) ?? memoryProvider({ clock })
  const hooks: Hooks = { before: () => undefined, after: () => undefined }
  const calls: string[] = []
  const warnings: string[] = []
  const watched = <Part extends object>(name: string, part: Part): Part => watch(part, name, hooks, calls)
  const remote: NatsRemote = {
    table: watched<Table>('table', memoryTable()),
    provider: watched('nats', provider),
    secrets: watched('secrets', aws.secretsManager()),
    control: watched('control', control),
    clock,
    random,
    warn: (message) => void warnings.push(message),
  }
  const target = options.target ?? { operator: 'main', url: 'nats://nats.example:4222' }
  const memories = new Map<string, Memory>()
  return Object.assign(world, {
    remote,
    clock,
    memories,
    hooks,
    calls,
    warnings,
    target,
    subject: (placement: Placement) => subjectOf(placement, target, options.overlap),
    memoryOf: (placement: Placement) => memoryFor(memories, placement),
    async once(placement: Placement) {
      const memory = memoryFor(memories, placement)
      return provision(nats, {
        subject: world.subject(placement),
        memory: async () => structuredClone(memory),
        first: structuredClone(memory),
        ledger: watched('ledger', ledgerOf(memory)),
        remote,
        clock,
      })
    },
    commits: true,
    async reconcile(placement: Placement) {
      const outcome = await insist(clock, random, () => world.once(placement))
      const { pins } = memoryFor(memories, placement)
      const versionId = (outcome.output as NatsOutput | undefined)?.credentials.versions.at(-1)?.versionId
      if (versionId !== undefined && world.commits && pins['nats']?.versionId !== versionId) {
        pins['nats'] = { versionId, since: clock.now() }
      }
      return outcome
    },
    ask(placement: Placement, request: Partial<RotationRequest> = {}) {
      const { credentials, rotations } = memoryFor(memories, placement)
      const { generation = 0, highest = generation } = credentials['nats'] ?? {}
      rotations['nats'] = { kind: 'rotate', above: highest, ...request }
    },
    async output(placement: Placement) {
      const outcome = await world.once(placement)
      if (!outcome.ok) throw new Error(outcome.failure?.message)
      return outcome.output as NatsOutput
    },
  })
}

/** The twin behind a world's hooks. */
export async function memoryWorld(
  servers = 1,
): Promise<World & { readonly servers: MemoryServers; readonly clock: ReturnType<typeof virtualClock> }> {
  const clock = virtualClock()
  const twin = memoryProvider({ clock, servers })
  const world = await createWorld({ clock, provider: async () => twin })
  return Object.assign(world, { servers: twin, clock })
}

async function insist(clock: Clock, random: Random, work: () => Promise<Outcome>): Promise<Outcome> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt > 200 || !(error instanceof RetryLater || error instanceof Conflict)) throw error
      await clock.sleep(200 + Math.floor(random.fraction() * 800))
    }
  }
}

function subjectOf(
  placement: Placement,
  target: NatsTarget,
  overlap: Installation['overlap'] = { least: 600_000, most: 86_400_000 },
): NatsSubject {
  const {
    workload,
    cluster = 'dev',
    environment = 'dev',
    system = 'policy-admin',
    incarnation = 1,
    nats: spec,
  } = placement
  return {
    installation: {
      name: installation,
      account,
      region,
      permissionsBoundary: 'boundary',
      secretRecoveryDays: 7,
      overlap,
    },
    system: {
      name: system,
      spec: systemSpec.parse({
        team: 'policies',
        costCentre: 'cc-42',
        environments: ['dev', 'prod'],
        nats: { prefixes: ['quotes', 'policies'] },
      }),
    },
    workload,
    incarnation,
    cluster: {
      name: cluster,
      spec: clusterSpec.parse({
        environment,
        aws: { account, region, cluster: `eks-${cluster}` },
        repository: { url: 'https://git.example/platform/cluster.git' },
        nats: target,
      }),
    },
    ...(spec ? { spec: { nats: natsSpec.parse(spec) } } : {}),
  }
}

function memoryFor(
  memories: Map<string, Memory>,
  { workload, cluster = 'dev', system = 'policy-admin' }: Placement,
): Memory {
  const name = `${system}/${workload} in ${cluster}`
  const memory = memories.get(name) ?? { claims: {}, credentials: {}, rotations: {}, pins: {} }
  memories.set(name, memory)
  return memory
}

function ledgerOf({ claims, credentials }: Memory): Ledger {
  return {
    claim: async (what, claim) => void (claims[what] = claim),
    release: async (what) => void delete claims[what],
    credential: async (entry, credential) => void (credentials[entry] = credential),
  }
}

/** Calls are named `table.update`, or by command: `secrets.PutSecretValue`. */
function watch<Part extends object>(part: Part, name: string, hooks: Hooks, calls: string[]): Part {
  return new Proxy(part, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      return async (...parameters: unknown[]) => {
        const [command] = parameters as [{ readonly constructor?: { readonly name: string } } | undefined]
        const call = `${name}.${property === 'send' ? command?.constructor?.name.replace(/Command$/, '') : String(property)}`
        hooks.before(call)
        const answer: unknown = await Reflect.apply(member, target, parameters)
        calls.push(call)
        hooks.after(call)
        return answer
      }
    },
  })
}
