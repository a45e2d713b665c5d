import type { NamedCluster } from '../../domain/capability.ts'
import type { DeliveredEntry, RenderInputs } from '../../domain/outputs.ts'
import { clusterSpec, systemSpec } from '../../domain/resources.ts'
import { forEnvironment, workloadSpec, type PlacedSpec } from '../schema.ts'
import type { Subject } from './spec.ts'

/** Subjects and outputs for this folder's tests: parsed by the real schemas, so that defaults are the real ones. */

export const digest = `sha256:${'a1'.repeat(32)}`
export const sidecar = `public.example/proxy@sha256:${'b2'.repeat(32)}`

export function cluster(name: string, overrides: object = {}): NamedCluster {
  return {
    name,
    spec: clusterSpec.parse({
      environment: name,
      aws: { account: '111122223333', region: 'eu-west-1', cluster: `eks-${name}` },
      repository: { url: `https://git.example/platform/cluster-${name}.git` },
      nats: { url: 'tls://nats-1.example:4222,tls://nats-2.example:4222' },
      ...overrides,
    }),
  }
}

export function subject(declared: object, environment = 'dev', system: object = {}): Subject {
  return {
    installation: {
      name: 'acme',
      account: '111122223333',
      region: 'eu-west-1',
      permissionsBoundary: 'fairway-boundary',
      secretRecoveryDays: 7,
      overlap: { least: 600_000, most: 86_400_000 },
    },
    system: {
      name: 'policy-admin',
      spec: systemSpec.parse({ team: 'policies', costCentre: 'cc-42', environments: ['dev', 'prod'], ...system }),
    },
    workload: 'quotes',
    incarnation: 1,
    cluster: cluster(environment),
    spec: forEnvironment(workloadSpec.parse(declared), environment) as PlacedSpec,
  }
}

export function entry(name: string, keys: readonly string[], ...versions: readonly string[]): DeliveredEntry {
  return {
    entry: name,
    secret: `fairway/acme/dev/policy-admin/quotes/${name}`,
    versions: versions.map((versionId, index) => ({ versionId, generation: index + 1 })),
    keys,
  }
}

export function outputs(overrides: Partial<RenderInputs> = {}): RenderInputs {
  const repository = 'policy-admin/quotes'
  return {
    ecr: {
      repositoryArn: `arn:aws:ecr:eu-west-1:111122223333:repository/${repository}`,
      repositoryUri: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/${repository}`,
      images: { dev: { digest, tag: 'main-3f2' }, prod: { digest, tag: 'main-3f2' } },
    },
    iam: { serviceAccount: 'quotes' },
    secrets: { entries: [] },
    deployable: true,
    ...overrides,
  }
}

export const natsOutput = {
  url: 'tls://nats-1.example:4222,tls://nats-2.example:4222',
  account: `A${'B'.repeat(55)}`,
  inboxPrefix: '_INBOX_policy-admin_quotes',
  credentials: entry('nats', ['nats.creds'], '7a0c2b35-5f0e-5d0e-9f5e-0c1d2e3f4a5b'),
}
