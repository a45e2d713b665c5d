import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { run } from '../bin/commands/run.ts'
import type { KubernetesObject } from '../domain/manifest.ts'
import { checkManifest } from './support/crds.ts'

/** `fairway bootstrap cluster`, as a person meets it. */

let out: string[]
let err: string[]

beforeEach(() => {
  out = []
  err = []
  vi.spyOn(console, 'error').mockImplementation((text: string) => void err.push(text))
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0)
})

afterEach(() => void vi.restoreAllMocks())

const webhooks = ['--webhooks', 'https://fairway.example']

async function bootstrap(name: string, ...options: readonly string[]): Promise<number> {
  return run(['bootstrap', 'cluster', name, '--platform', 'examples/platform', ...options])
}

function printed(): KubernetesObject[] {
  return parseAllDocuments(out.join('')).map((document) => document.toJS() as KubernetesObject)
}

const kinds = () => printed().map(({ kind, metadata: { name } }) => `${kind} ${name}`)

describe('a cluster with its own Argo CD', () => {
  it('gets everything at once, valid for the API server, and in the order in which it can be applied', async () => {
    expect(await bootstrap('dev', ...webhooks)).toBe(0)
    for (const object of printed()) expect(checkManifest(object)).toEqual([])
    expect(kinds().slice(0, 3)).toEqual(['AppProject fairway', 'Application fairway-root', 'Namespace fairway'])
    expect(kinds()).toContain('CronJob removals-dev')
    expect(kinds()).toContain('ValidatingAdmissionPolicy fairway-secret-stores')
  })

  it('the same twice is the same, byte for byte', async () => {
    await bootstrap('dev', ...webhooks)
    const first = out.join('')
    out = []
    await bootstrap('dev', ...webhooks)
    expect(out.join('')).toBe(first)
  })

  it('holds no secret, and says on stderr where one goes, by name', async () => {
    await bootstrap('dev', ...webhooks, '--installation', 'acme')
    expect(kinds().filter((kind) => kind.startsWith('Secret '))).toEqual([])
    const notes = err.join('\n')
    expect(notes).toContain('fairway-control/acme/webhooks/argocd/dev')
    expect(notes).toContain('create secret generic removals-dev')
    expect(notes).toContain('https://github.example/acme/cluster-dev.git')
    expect(notes).toContain('arn:aws:iam::100000000001:role/fairway-external-secrets')
    expect(notes).toContain('Pod Identity association')
  })

  it('with --json is one List, which kubectl takes as well', async () => {
    await bootstrap('dev', ...webhooks, '--json')
    const list = JSON.parse(out.join('')) as { kind: string; items: unknown[] }
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' })
    out = []
    await bootstrap('dev', ...webhooks)
    expect(list.items).toEqual(printed())
  })

  it('of the EKS capability is registered by its ARN', async () => {
    await bootstrap('dev', ...webhooks, '--managed-argocd')
    expect(printed()[0]).toMatchObject({
      kind: 'Secret',
      stringData: { name: 'in-cluster', server: 'arn:aws:eks:eu-west-1:100000000001:cluster/apps-dev' },
    })
  })
})

describe('a cluster of a hub', () => {
  it('is never printed as one: half of it would be applied to the wrong cluster', async () => {
    expect(await bootstrap('prod', ...webhooks)).toBe(1)
    expect(out).toEqual([])
    expect(err.join('\n')).toContain('--part argocd')
  })

  it('has its root, its project and its confirmations in the hub, under its own name', async () => {
    expect(await bootstrap('prod', ...webhooks, '--part', 'argocd')).toBe(0)
    expect(kinds()).toEqual(
      expect.arrayContaining(['AppProject prod-fairway', 'Application prod-fairway-root', 'CronJob removals-prod']),
    )
    expect(kinds().filter((kind) => kind.startsWith('Validating'))).toEqual([])
    expect(err.join('\n')).toContain('Argo CD must know this cluster as apps-prod')
  })

  it('is registered with the hub when its API server is given', async () => {
    await bootstrap('prod', ...webhooks, '--part', 'argocd', '--endpoint', 'https://eks.example', '--authority', 'Q0E=')
    const [secret] = printed()
    expect(secret).toMatchObject({ kind: 'Secret', stringData: { name: 'apps-prod', server: 'https://eks.example' } })
    for (const object of printed()) expect(checkManifest(object)).toEqual([])
    expect(err.join('\n')).not.toContain('Argo CD must know this cluster')
  })

  it('has its admission policies in itself', async () => {
    expect(await bootstrap('prod', '--part', 'cluster')).toBe(0)
    expect(new Set(printed().map(({ kind }) => kind))).toEqual(
      new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']),
    )
    expect(out.join('')).toContain('arn:aws:iam::200000000002:role/fairway/')
    expect(err.join('\n')).toContain('eks.amazonaws.com/role-arn')
  })
})

describe('what is not said is not guessed', () => {
  it.each([
    [['dev'], 1, '--webhooks'],
    [['dve', ...webhooks], 1, 'dev'],
    [['dev', ...webhooks, '--endpoint', 'https://x'], 1, '--authority'],
    [['dev', ...webhooks, '--managed-argocd', '--endpoint', 'https://x'], 1, 'by ARN'],
    [['dev', '--webhooks', 'http://x'], 2, 'https'],
    [['dev', ...webhooks, '--part', 'hub'], 2, 'argocd'],
  ] as const)('%j', async ([name, ...options], code, said) => {
    expect(await bootstrap(name, ...options)).toBe(code)
    expect(out).toEqual([])
    expect(err.join('\n')).toContain(said)
  })

  it('without confirmations, it says who confirms', async () => {
    expect(await bootstrap('dev', '--no-removals')).toBe(0)
    expect(kinds().filter((kind) => kind.startsWith('CronJob'))).toEqual([])
    expect(err.join('\n')).toContain('fairway retire SYSTEM/NAME --confirm dev')
  })

  it('refuses ClusterSecretStores unless they are said to be there', async () => {
    await bootstrap('dev', '--no-removals', '--allow-cluster-secret-stores')
    expect(kinds()).not.toContain('ValidatingAdmissionPolicy fairway-cluster-secret-stores')
    out = []
    await bootstrap('dev', '--no-removals')
    expect(kinds()).toContain('ValidatingAdmissionPolicy fairway-cluster-secret-stores')
  })

  it('a platform with problems is refused', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fairway-bootstrap-'))
    try {
      const path = join(directory, 'bad.yaml')
      await writeFile(path, 'kind: Cluster')
      expect(await run(['bootstrap', 'cluster', 'dev', '--platform', path, ...webhooks])).toBe(1)
      expect(err.join('\n')).toContain(path)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

it.each([[['bootstrap', '--help']], [['bootstrap', 'cluster', '--help']]])(
  '%j shows examples and exits 0',
  async (argv) => {
    expect(await run(argv)).toBe(0)
    expect(out.join('')).toContain('$ fairway bootstrap cluster')
  },
)
