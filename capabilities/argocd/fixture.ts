import type { NamedCluster, NamedSystem, PlacementSubject } from '../../domain/capability.ts'
import { clusterSpec, systemSpec } from '../../domain/resources.ts'

/** Subjects for this folder's tests: parsed by the real schemas, so that defaults are the real ones. */

export const shared = { repository: { url: 'https://git.example/platform/clusters.git', path: 'clusters/shared' } }
export const hub = { argocd: { mode: 'hub', destination: 'eks-prod' } }

export function cluster(name: string, overrides: object = {}): NamedCluster {
  return {
    name,
    spec: clusterSpec.parse({
      environment: name,
      aws: { account: '111122223333', region: 'eu-west-1', cluster: 'eks' },
      repository: { url: `https://git.example/platform/cluster-${name}.git` },
      ...overrides,
    }),
  }
}

export function named(name: string): NamedSystem {
  return { name, spec: systemSpec.parse({ team: 'policies', costCentre: 'cc-42', environments: ['dev'] }) }
}

export function subject(at: NamedCluster): PlacementSubject<unknown> {
  return {
    installation: {
      name: 'acme',
      account: '111122223333',
      region: 'eu-west-1',
      permissionsBoundary: 'fairway-boundary',
      secretRecoveryDays: 7,
      overlap: { least: 600_000, most: 86_400_000 },
    },
    system: named('policy-admin'),
    workload: 'quotes',
    incarnation: 1,
    cluster: at,
    spec: {},
  }
}
