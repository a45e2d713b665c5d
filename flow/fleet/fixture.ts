import type { Installation, NamedCluster } from '../../domain/capability.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Specs } from '../world.ts'
import { platformOf, type Platform } from './scope.ts'

/** One System in one cluster, and what its workloads are on record as. */

export const installation: Installation = {
  name: 'acme',
  account: '111111111111',
  region: 'eu-west-1',
  permissionsBoundary: 'fairway-boundary',
  secretRecoveryDays: 30,
  overlap: { least: 0, most: 86_400_000 },
}

export const place = { kind: 'place', account: '222222222222', region: 'eu-west-1' } as const
export const branch = { kind: 'repository', url: 'https://git.example/dev.git', branch: 'main' } as const

export const specs: Specs = {
  environmentsOf: (spec) => Object.keys((spec as { environments: object }).environments),
  forEnvironment: (spec) => spec as object,
}

const dev = {
  name: 'dev',
  spec: {
    environment: 'dev',
    aws: { account: place.account, region: place.region, cluster: 'apps-dev' },
    repository: { url: branch.url, branch: branch.branch, path: '' },
  },
} as unknown as NamedCluster

const settled = {
  phase: 'Ready',
  observedGeneration: 1,
  conditions: [
    { capability: 'commit', cluster: 'dev', status: 'True', reason: 'Committed', message: '', since: '2020-01-01' },
  ],
  placements: { dev: { commit: 'c', repository: branch.url, deployed: false } },
  outputs: { ecr: { images: {} }, 'iam/dev': {} },
}

export function workload(name: string, more: Partial<WorkloadRecord> = {}): WorkloadRecord {
  const record = {
    kind: 'Workload',
    name: `claims/${name}`,
    system: 'claims',
    revision: 1,
    generation: 1,
    incarnation: 1,
    intent: 'present',
    spec: { environments: { dev: {} } },
    claims: {},
    credentials: {},
    status: settled,
    ...more,
  }
  return record as unknown as WorkloadRecord
}

export function platform(): Platform {
  const claims = { kind: 'System', name: 'claims', spec: { environments: ['dev'] }, generation: 1, status: settled }
  return platformOf(
    installation,
    [claims as unknown as SystemRecord],
    [{ name: dev.name, spec: dev.spec } as unknown as Parameters<typeof platformOf>[2][number]],
  )
}
