import type { Clock } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import type { SecretValue } from '../../domain/secret.ts'
import { viewOf } from './account.ts'
import type { Claims, SignedClaims } from './jwt.ts'
import { readCredentials } from './jwt.ts'
import type { NatsProvider, NatsTarget, Observation } from './provider.ts'

/** An account as one server has it. */
interface Held {
  readonly claims: Claims
  readonly issuer: string
  readonly issuedAt: number
}

interface Server {
  /** By account. */
  readonly store: Record<string, Held>
  /** Accounts that a client has made the server load. */
  readonly memory: Record<string, Held>
}

/** JSON, so that it can be kept between processes. */
export type MemoryState = readonly Server[]

/** Set while it runs. */
interface Faults {
  unreachable: boolean
  /** By number: these servers hear nothing, and answer nothing. */
  silent: Set<number>
  /** By public key: no server answers for these accounts. */
  mute: Set<string>
  /** The servers do not trust the operator: everything is answered 200, stored, and never worked with. */
  untrusted: boolean
  /** Two pushes in one second leave the servers of a cluster disagreeing, as measured. */
  diverge: boolean
}

export interface MemoryServers extends NatsProvider {
  readonly faults: Faults
  readonly counts: { reads: number; pushes: number }
  readonly state: MemoryState
  /** A client that connects with this file, and stays as long as it is let in. */
  join(credentials: SecretValue): { leave(): void }
}

export interface MemoryOptions {
  readonly clock: Clock
  readonly servers?: number
  readonly state?: MemoryState
  /** Called after each change. */
  readonly save?: (state: MemoryState) => Promise<void>
}

/** The resolver in this process: what servers store, load and show, without signatures and without a wire. */
export function memoryProvider(options: MemoryOptions): MemoryServers {
  const state = options.state ?? Array.from({ length: options.servers ?? 1 }, () => ({ store: {}, memory: {} }))
  const faults: Faults = { unreachable: false, silent: new Set(), mute: new Set(), untrusted: false, diverge: false }
  const counts = { reads: 0, pushes: 0 }

  function answering(): readonly Server[] {
    const servers = state.filter((_server, index) => !faults.silent.has(index))
    if (faults.unreachable || servers.length === 0) throw new RetryLater('NATS could not be reached')
    return servers
  }

  function take(server: Server, index: number, account: string, held: Held): void {
    const before = server.store[account]
    if (faults.diverge && before?.issuedAt === held.issuedAt && index > 0) return
    server.store[account] = held
    if (server.memory[account] && !faults.untrusted) server.memory[account] = held
  }

  function muted(account: string): RetryLater | undefined {
    return faults.mute.has(account) ? new RetryLater(`no NATS server said what it has of ${account}`) : undefined
  }

  function look(target: NatsTarget, account: string): Observation {
    const servers = answering()
    counts.reads++
    const loaded = servers.flatMap(({ memory }) => memory[account] ?? [])
    const stored = loaded.length === servers.length ? [] : servers.flatMap(({ store }) => store[account] ?? [])
    const shown = [...loaded, ...stored].map(({ claims, issuer, issuedAt }) => ({
      ...claims,
      iss: issuer,
      iat: issuedAt,
    }))
    return {
      signer: signerOf(target),
      views: shown.map(viewOf),
      claims: shown,
      missing: loaded.length < servers.length && stored.length < servers.length,
    }
  }

  const clients: SignedClaims[] = []
  const isLetIn = (user: SignedClaims) => {
    const held = heldBy(state[0], user)
    return held !== undefined && !faults.untrusted && admitted(held, user, options.clock.now())
  }

  return {
    faults,
    counts,
    state,
    join(credentials) {
      const user = readCredentials(credentials)
      clients.push(user)
      return { leave: () => void clients.splice(clients.indexOf(user), 1) }
    },
    read: async (target, account) => look(target, account),
    async readMany(target, accounts) {
      answering()
      counts.reads++
      return new Map(accounts.map((account) => [account, muted(account) ?? look(target, account)]))
    },
    async push(target, claims, issuedAt) {
      const servers = answering()
      counts.pushes++
      const held = structuredClone({ claims, issuer: signerOf(target), issuedAt })
      for (const server of servers) take(server, state.indexOf(server), claims.sub, held)
      await options.save?.(state)
      if (servers.length < state.length) {
        throw new RetryLater(`${servers.length} of ${state.length} NATS servers answered`)
      }
    },
    async connections(_target, account) {
      answering()
      counts.reads++
      return clients
        .filter((user) => accountOf(user) === account && isLetIn(user))
        .map(({ sub, iss }) => ({ user: sub, issuer: iss }))
    },
    async admits(_target, credentials) {
      const [server] = answering()
      const user = readCredentials(credentials)
      const held = heldBy(server, user)
      if (!server || !held || !isLetIn(user)) return false
      server.memory[accountOf(user)] = held
      await options.save?.(state)
      return true
    },
    async reach() {
      answering()
    },
    async close() {},
  }
}

function accountOf(user: SignedClaims): string {
  return String(user.nats['issuer_account'])
}

function heldBy(server: Server | undefined, user: SignedClaims): Held | undefined {
  return server?.memory[accountOf(user)] ?? server?.store[accountOf(user)]
}

function admitted({ claims }: Held, user: SignedClaims, now: number): boolean {
  const { signing_keys: keys, revocations = {} } = claims.nats as unknown as {
    readonly signing_keys: readonly { readonly key: string }[]
    readonly revocations?: Readonly<Record<string, number>>
  }
  const expired = user.exp !== undefined && user.exp * 1000 <= now
  return !expired && keys.some(({ key }) => key === user.iss) && (revocations[user.sub] ?? -1) < user.iat
}

function signerOf({ operator }: NatsTarget): string {
  return `operator ${operator}`
}
