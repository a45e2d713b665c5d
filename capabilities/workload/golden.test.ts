import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RenderInputs } from '../../domain/outputs.ts'
import { emit } from '../../manifests/write.ts'
import { checkManifest, podSecurityViolations } from '../../test/support/crds.ts'
import { cluster, entry, natsOutput, outputs, sidecar, subject } from './fixture.ts'
import { workload } from './index.ts'
import type { Subject } from './spec.ts'

/** Whole manifests as they stand in git, one directory per case; `npx vitest run -u` writes them anew. */

const golden = join(import.meta.dirname, 'golden')

const everything = {
  type: 'service',
  containers: {
    main: {
      image: '.',
      command: ['/app/quotes'],
      args: ['--verbose'],
      variables: { LOG_LEVEL: 'info', FEATURE: 'no' },
      writable: ['/var/cache/quotes'],
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '512Mi' } },
      livenessProbe: { httpGet: { path: '/live', port: 8080 } },
      readinessProbe: { exec: { command: ['/app/ready'] } },
    },
    proxy: { image: sidecar },
  },
  service: { ports: { http: { port: 80, targetPort: 8080 }, metrics: { port: 9090 } } },
  scaling: { min: 2, max: 6, cpu: 60 },
  environments: {
    dev: {},
    prod: {
      scaling: { min: 3, max: 3 },
      containers: { main: { variables: { LOG_LEVEL: 'warn' }, args: ['--quiet'] } },
    },
  },
}
const worker = { type: 'worker', containers: { main: { image: '.' } }, environments: { dev: {} } }
const cronjob = {
  type: 'cronjob',
  containers: { main: { image: '.', command: ['/app/report'] }, proxy: { image: sidecar } },
  schedule: { cron: '30 4 * * mon-fri', timeZone: 'Europe/Berlin' },
  environments: { dev: {} },
}
const delivered = {
  nats: natsOutput,
  secrets: { entries: [entry('session', ['value'], 'v1', 'v2'), entry('stripe', ['apiKey', 'hook'], 'v3')] },
}
const networkPolicies = {
  ingress: [{ namespace: 'ingress-nginx', labels: { app: 'controller' } }],
  egress: [{ cidr: '10.20.0.0/16', ports: [5432] }],
}
const unknown = { ecr: { ...outputs().ecr, images: {} }, deployable: false }

const cases: readonly (readonly [name: string, subject: Subject, outputs: RenderInputs])[] = [
  ['service-with-everything-dev', subject(everything, 'dev'), outputs(delivered)],
  ['service-with-everything-prod', subject(everything, 'prod'), outputs(delivered)],
  ['service-awaiting-image', subject(everything, 'dev', { networkPolicies }), outputs({ ...delivered, ...unknown })],
  ['service-with-network-policies', subject(everything, 'dev', { networkPolicies }), outputs(delivered)],
  [
    'service-with-network-policies-irsa',
    { ...subject(everything, 'dev', { networkPolicies }), cluster: cluster('dev', { identity: 'irsa' }) },
    outputs(),
  ],
  ['worker', subject(worker), outputs()],
  ['cronjob', subject(cronjob), outputs(delivered)],
]

describe.each(cases)('%s', (name, given, inputs) => {
  const manifests = workload.render(given, inputs)
  const directory = join(golden, name)

  it('is what stands in golden/, file by file and no more', async () => {
    mkdirSync(directory, { recursive: true })
    const files = manifests.map(({ path, object }) => [path.split('/').at(-1) ?? '', emit(object)] as const)
    for (const [file, text] of files) await expect(text).toMatchFileSnapshot(join(directory, file))
    expect(files.map(([file]) => file)).toEqual(expect.arrayContaining(readdirSync(directory)))
  })

  it('is valid for the API server, unknown fields included', () => {
    for (const { object } of manifests) expect(checkManifest(object)).toEqual([])
  })

  it('passes the restricted Pod Security Standard', () => {
    for (const { object } of manifests) expect(podSecurityViolations(object)).toEqual([])
  })

  it('stands in its own directory, in its own namespace, marked as whose it is', () => {
    for (const { path, object } of manifests) {
      expect(path).toMatch(/^manifests\/policy-admin\/quotes\/[a-z]+\.yaml$/)
      expect(object.metadata).toMatchObject({
        namespace: 'policy-admin',
        labels: {
          'app.kubernetes.io/name': 'quotes',
          'app.kubernetes.io/part-of': 'policy-admin',
          'app.kubernetes.io/managed-by': 'fairway',
          'app.kubernetes.io/instance': expect.stringMatching(/-[0-9a-v]{8}$/),
          'fairway.dev/environment': given.cluster.spec.environment,
          'fairway.dev/team': 'policies',
        },
      })
    }
  })
})

it('every directory of golden/ belongs to a case', () => {
  expect(readdirSync(golden).toSorted()).toEqual(cases.map(([name]) => name).toSorted())
})
