import type { Installation } from '../../domain/capability.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { Credential, RotationRequest } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { memoryTable } from '../../store/memory.ts'
import { createFleet } from '../../store/fleet.ts'
import { createStore } from '../../store/store.ts'
import { operate } from '../operate.ts'
import type { RotateRequest } from './model.ts'

export const who = 'arn:aws:sts::111111111111:assumed-role/Platform/ada'
export const quotes = 'policy-admin/quotes'
const installation: Installation = {
  name: 'acme',
  account: '111111111111',
  region: 'eu-west-1',
  permissionsBoundary: 'fairway-boundary',
  secretRecoveryDays: 30,
  overlap: { least: 0, most: 86_400_000 },
}

/** An in-memory store with one workload that has credentials of every kind. */
export async function bench() {
  const events: FairwayEvent[] = []
  const clock = { at: 1_800_000_000_000, now: () => clock.at, sleep: () => Promise.resolve() }
  const table = memoryTable()
  const store = createStore(table, { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const bus = { publish: async (published: readonly FairwayEvent[]) => void events.push(...published) }
  const validate = async () => ({ resources: [], problems: [] })
  const ports = { store, bus, clock, validate, fleet: createFleet(table, { clock }), installation }
  const made = {
    clock,
    store,
    events,
    rotate: (request: RotateRequest, through: Store = store) =>
      operate({ ...ports, store: through }, who, { operation: 'rotate', ...request }),
    async record(name = quotes) {
      const found = await store.get({ kind: 'Workload', name })
      if (found === undefined) throw new Error(`no ${name}`)
      return found
    },
    rotations: async (name = quotes) => (await made.record(name)).rotations ?? {},
    async workload(name: string, credentials: Readonly<Record<string, Credential>>) {
      await store.declare({ ref: { kind: 'Workload', name }, spec: {}, origin: { source: 'apply' } })
      await made.write(name, credentials)
    },
    async write(name: string, credentials: Readonly<Record<string, Credential>>) {
      const ref = { kind: 'Workload', name } as const
      const taken = await store.leases.acquire(ref, 'test')
      if (taken.result !== 'acquired') throw new Error(taken.result)
      for (const [key, credential] of Object.entries(credentials)) {
        const [cluster = '', entry = ''] = key.split('/')
        const capability = credential.kind === 'nats' ? 'nats' : 'secrets'
        const ledger = store.ledger(ref, taken.fence, capability, cluster)
        await ledger.claim(credential.kind === 'nats' ? 'secret' : entry, { id: `arn:${key}`, incarnation: 1 })
        await ledger.credential(entry, credential)
      }
      await store.leases.release(ref, taken.fence)
    },
  }
  await made.workload(quotes, {
    'dev/nats': nats(3, { previous: [generation(2)] }),
    'dev/session': { kind: 'generated', generation: 1, state: 'current', versionId: 'v1', keys: ['value'] },
    'dev/stripe': { kind: 'placeholder', generation: 1, state: 'current', versionId: 'v1', keys: ['apiKey'] },
    'prod/nats': nats(1),
  })
  return made
}

export function asked(above: number, more: Partial<RotationRequest> = {}) {
  return { kind: 'rotate', above, ...more }
}

export function generation(number: number) {
  const issuedAt = 1_799_000_000 + number
  const expiresAt = issuedAt + 30 * 86_400
  const life = { issuedAt, expiresAt, renewAt: (expiresAt - 7 * 86_400) * 1000 }
  return { generation: number, versionId: `v${number}`, publicKey: `U${number}`, issuer: 'A1', ...life }
}

export function nats(number: number, more: Partial<Credential> = {}): Credential {
  return { kind: 'nats', state: 'current', reason: 'requested', ...generation(number), ...more }
}
