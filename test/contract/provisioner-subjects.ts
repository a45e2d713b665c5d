import type { Installation, NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { clusterSpec, systemSpec } from '../../domain/resources.ts'

/** Subjects as the schemas make them, for provisioners' contract tests. */

export const installation: Installation = {
  name: 'acme',
  account: '111111111111',
  region: 'eu-west-1',
  permissionsBoundary: 'fairway-boundary',
  secretRecoveryDays: 14,
  overlap: { least: 600_000, most: 86_400_000 },
}

export function systemNamed(name: string, spec: Record<string, unknown> = {}): NamedSystem {
  const whole = { team: 'policies', costCentre: 'CC-1', environments: ['dev', 'prod'], ...spec }
  return { name, spec: systemSpec.parse(whole) }
}

export function clusterNamed(name: string, spec: Record<string, unknown> = {}): NamedCluster {
  const whole = {
    environment: name,
    aws: { account: installation.account, region: installation.region, cluster: `${name}-1` },
    repository: { url: `https://git.example.com/clusters/${name}.git` },
    ...spec,
  }
  return { name, spec: clusterSpec.parse(whole) }
}
