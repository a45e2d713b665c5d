import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { credentialsIn } from './nats.ts'
import type { memoryWorld, Placement, World } from './natsworld.ts'

/** What the tests of accounts have in common. */

export const quotes = { workload: 'quotes', nats: { publish: ['quotes.created'], subscribe: ['policies.>'] } }
/** Its credentials. */
export const secret = 'fairway/acme/dev/policy-admin/quotes/nats'
export const recordKey = 'nats-account#policy-admin/dev'

export async function record(world: World): Promise<AccountRecord> {
  return (await world.remote.table.get(recordKey)) as unknown as AccountRecord
}

/** The credentials file that is delivered. */
export async function file(world: World, placement: Placement): Promise<string> {
  const { credentials } = await world.output(placement)
  return credentialsIn(world.remote.secrets, secret, credentials.versions.at(-1)?.versionId ?? '')
}

export function workload(index: number): Placement {
  return { workload: `w${index}`, nats: { publish: [`quotes.${index}`], request: ['policies.find'] } }
}

/** What each server has, by role. */
export function rolesOn(world: Awaited<ReturnType<typeof memoryWorld>>, account: string): string[][] {
  return world.servers.state.map(({ store }) => {
    const keys = store[account]?.claims.nats['signing_keys'] as readonly { role: string }[] | undefined
    return (keys ?? []).map(({ role }) => role)
  })
}

/** At a call, before or after it is made, the process dies: nothing that it would still do happens. */
export function crashAt(world: World, index: number, when: 'before' | 'after'): void {
  let calls = 0
  let dead = false
  world.hooks.before = () => {
    if (dead) die()
    if (calls++ === index && when === 'before') {
      dead = true
      die()
    }
  }
  world.hooks.after = () => {
    if (dead) die()
    if (calls - 1 === index && when === 'after') {
      dead = true
      die()
    }
  }
}

export function die(): never {
  throw new Error('died')
}

export function revive(world: World): void {
  world.hooks.before = () => undefined
  world.hooks.after = () => undefined
}
