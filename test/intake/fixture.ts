import { createHmac } from 'node:crypto'
import { RetryLater } from '../../domain/errors.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { ClusterRecord, SourceRecord } from '../../domain/records.ts'
import { SecretValue } from '../../domain/secret.ts'
import type { AnyRecord, Once, Ref, Requests } from '../../domain/store.ts'
import type { IntakePorts, IntakeRequest } from '../../flow/intake/request.ts'
import { webhookSecrets } from '../../flow/intake/request.ts'

export const now = Date.UTC(2026, 10, 20, 12)

export const keys = {
  github: 'github-app-webhook-secret',
  port: 'port-client-secret',
  git: 'secret-of-the-source-legacy',
  argocd: 'secret-of-the-cluster-dev',
}

/** An installation with one source of each type, whose ports can be made to fail and count what was asked of them. */
export function installation(options: { failPublishing?: number; missing?: readonly (keyof typeof keys)[] } = {}) {
  const events: FairwayEvent[] = []
  const calls: string[] = []
  const secrets: Record<string, readonly SecretValue[]> = {
    [webhookSecrets.github('test')]: [new SecretValue(keys.github)],
    [webhookSecrets.port('test')]: [portSecret(keys.port)],
    [webhookSecrets.git('test', 'legacy')]: [new SecretValue(keys.git)],
    [webhookSecrets.git('test', 'ancient')]: [new SecretValue(keys.git)],
    // Left behind: of a tombstone, and of a source that is no plain git host.
    [webhookSecrets.git('test', 'retired')]: [new SecretValue(keys.git)],
    [webhookSecrets.git('test', 'quotes')]: [new SecretValue(keys.git)],
    [webhookSecrets.argocd('test', 'dev')]: [new SecretValue(keys.argocd)],
    [webhookSecrets.argocd('test', 'gone')]: [new SecretValue(keys.argocd)],
  }
  for (const name of options.missing ?? []) {
    delete secrets[name === 'git' ? webhookSecrets.git('test', 'legacy') : webhookSecrets[name]('test', 'dev')]
  }
  let failures = options.failPublishing ?? 0
  const deliveries = once(calls)
  const requests = takenOnce(calls)
  const ports: IntakePorts = {
    installation: 'test',
    clock: { now: () => now },
    secrets: async (name) => {
      calls.push(`secret ${name}`)
      return secrets[name] ?? []
    },
    bus: {
      publish: async (published) => {
        calls.push('publish')
        if (failures-- > 0) throw new RetryLater('the bus is down')
        events.push(...published)
      },
    },
    store: {
      deliveries,
      requests,
      confirmRemoval: async (ref, cluster, by) => {
        calls.push(`confirm removal ${ref.name} ${cluster} ${by}`)
        return true
      },
      get: async <Kind extends AnyRecord['kind']>(ref: Ref<Kind>) => {
        calls.push(`get ${ref.kind} ${ref.name}`)
        return records.find(({ kind, name }) => kind === ref.kind && name === ref.name) as never
      },
      list: async (kind) => {
        calls.push(`list ${kind}`)
        return records.filter((record) => record.kind === kind) as never
      },
    },
  }
  return { ports, events, calls, secrets, requests, deliveries }
}

/** As an installer fills it. */
export function portSecret(clientSecret: string): SecretValue {
  return new SecretValue(JSON.stringify({ clientId: 'client', clientSecret }))
}

export const sha = 'a'.repeat(40)

export const githubPush = {
  ref: 'refs/heads/main',
  repository: { id: 42, full_name: 'acme/quotes', default_branch: 'main' },
  installation: { id: 7 },
}
export const gitPush = { repository: 'acme/legacy', ref: 'refs/heads/main', before: '0'.repeat(40), after: sha }
export const portRun = { runId: 'r_QOz6WoOB1Q2lmhZZ', action: 'fairway_declare_workload' }
export const removal = { application: 'policy-admin-quotes', system: 'policy-admin', workload: 'quotes' }

export function githubRequest(payload: unknown = githubPush, headers: Record<string, string> = {}): IntakeRequest {
  const body = bytes(payload)
  return post('/webhooks/github', body, {
    'x-github-event': 'push',
    'x-github-delivery': 'f8b1-1',
    'x-hub-signature-256': `sha256=${hmac(keys.github, body, 'hex')}`,
    ...headers,
  })
}

export function gitRequest(
  payload: unknown = gitPush,
  headers: Record<string, string> = {},
  source = 'legacy',
): IntakeRequest {
  const body = bytes(payload)
  return post(`/webhooks/git/${source}`, body, {
    'x-fairway-delivery': 'd-1',
    'x-fairway-signature-256': `sha256=${hmac(keys.git, body, 'hex')}`,
    ...headers,
  })
}

export function portRequest(
  payload: unknown = portRun,
  headers: Record<string, string> = {},
  timestamp = String(now / 1000),
): IntakeRequest {
  const body = bytes(payload)
  const signed = Buffer.concat([Buffer.from(`${timestamp}.`), body])
  return post('/webhooks/port', body, {
    'x-port-timestamp': timestamp,
    'x-port-signature': `v1,${hmac(keys.port, signed, 'base64')}`,
    ...headers,
  })
}

export function argocdRequest(
  payload: unknown = removal,
  headers: Record<string, string> = {},
  cluster = 'dev',
): IntakeRequest {
  const body = bytes(payload)
  return post(`/webhooks/argocd/${cluster}`, body, {
    'x-fairway-delivery': 'd-1',
    'x-fairway-signature-256': `sha256=${hmac(keys.argocd, body, 'hex')}`,
    ...headers,
  })
}

export function hmac(key: string, content: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', key).update(content).digest(encoding)
}

/** A string is taken as it stands, anything else as JSON. */
export function bytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
}

function post(path: string, body: Uint8Array, headers: Record<string, string>): IntakeRequest {
  return { method: 'POST', path, headers, body }
}

const managed = {
  key: '-',
  revision: 1,
  specHash: '-',
  generation: 1,
  incarnation: 1,
  origin: { source: 'platform' },
  status: { phase: 'Ready', observedGeneration: 1, conditions: [], placements: {}, outputs: {} },
  fence: 0,
  reported: {},
} as const

function source(name: string, spec?: unknown): SourceRecord {
  return {
    ...managed,
    kind: 'Source',
    name,
    ...(spec ? { spec } : {}),
    declared: [],
    problems: [],
    braked: [],
  }
}

const cluster: ClusterRecord = { ...managed, kind: 'Cluster', name: 'dev', spec: { environment: 'dev' } }

const records: readonly AnyRecord[] = [
  source('quotes', { type: 'github', url: 'https://github.com/acme/quotes', installationId: 7, repositoryId: 42 }),
  source('legacy', { type: 'git', url: 'https://git.acme.example/legacy.git' }),
  source('ancient', { type: 'git', url: 'https://git.acme.example/ancient.git' }),
  source('port', { type: 'port' }),
  source('retired'),
  cluster,
]

/** As the store keeps deliveries: taken, then confirmed or given back. */
function once(calls: string[]): Once & { readonly taken: Set<string> } {
  const taken = new Set<string>()
  return {
    taken,
    begin: async (id) => {
      calls.push(`begin ${id}`)
      if (taken.has(id)) return 'seen'
      taken.add(id)
      return 'new'
    },
    confirm: async (id) => void calls.push(`confirm ${id}`),
    abandon: async (id) => {
      calls.push(`abandon ${id}`)
      taken.delete(id)
    },
  }
}

function takenOnce(calls: string[]): Requests {
  const taken = new Set<string>()
  return {
    add: async (name, run) => {
      calls.push(`request ${name} ${run}`)
      if (taken.has(run)) return 'seen'
      taken.add(run)
      return 'new'
    },
    pending: async () => [...taken],
    close: async (_name, run) => void taken.delete(run),
  }
}
