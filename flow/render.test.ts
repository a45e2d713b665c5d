import { describe, expect, it } from 'vitest'
import type { NamedCluster, PlacementSubject, TenancySubject, Waiting } from '../domain/capability.ts'
import { Terminal } from '../domain/errors.ts'
import type { Manifest } from '../domain/manifest.ts'
import { clusterSpec, systemSpec } from '../domain/resources.ts'
import { isUnder } from '../domain/paths.ts'
import { missingInputs, renderPlacement, renderSystem, systemPaths, workloadPaths } from './render.ts'

const outputs = {
  ecr: { repositoryArn: 'arn', repositoryUri: 'registry.example/policy-admin/quotes', images: {} },
  iam: { serviceAccount: 'quotes' },
  secrets: { entries: [] },
  deployable: false,
}

describe('a placement’s tree', () => {
  it('stands under the cluster’s directory, and every file under a path that is the workload’s alone', () => {
    const renderer = making(
      ['manifests/policy-admin/quotes/service.yaml', 'Service'],
      ['applications/policy-admin/workloads/quotes.yaml', 'Application'],
    )
    const tree = renderPlacement(subject({ path: 'clusters/dev' }), outputs, [renderer])
    expect(tree.owner).toBe('policy-admin/quotes')
    expect(tree.paths).toEqual([
      'clusters/dev/applications/policy-admin/workloads/quotes.yaml',
      'clusters/dev/manifests/policy-admin/quotes',
    ])
    expect([...tree.files.keys()]).toEqual([
      'clusters/dev/applications/policy-admin/workloads/quotes.yaml',
      'clusters/dev/manifests/policy-admin/quotes/service.yaml',
    ])
  })

  it.each([
    'manifests/policy-admin/quotes-2/service.yaml',
    'manifests/policy-admin/_system/namespace.yaml',
    'applications/policy-admin/workloads/_sentinel.yaml',
    'applications/policy-admin/system.yaml',
    'README.md',
  ])('what another owns is refused: %s', (path) => {
    expect(() => renderPlacement(subject(), outputs, [making([path, 'Service'])])).toThrow(Terminal)
  })

  it('a path that leaves the directory is refused', () => {
    const escaping = making(['manifests/policy-admin/quotes/../../other/service.yaml', 'Service'])
    expect(() => renderPlacement(subject(), outputs, [escaping])).toThrow(Terminal)
  })

  it('is empty for a workload that is removed, so that the writer removes what stands there', () => {
    const { spec: _, ...removed } = subject()
    const renderer = making(['manifests/policy-admin/quotes/service.yaml', 'Service'])
    const tree = renderPlacement(removed, outputs, [renderer])
    expect(tree.files.size).toBe(0)
    expect(tree.paths).toHaveLength(2)
  })

  it('is the same bytes in whatever order its renderers come', () => {
    const one = making(['manifests/policy-admin/quotes/a.yaml', 'Service'])
    const other = making(['manifests/policy-admin/quotes/b.yaml', 'Deployment'])
    const files = (...all: (typeof one)[]) => [...renderPlacement(subject(), outputs, all).files]
    expect(files(other, one)).toEqual(files(one, other))
  })

  it('two renderers that make the same object are an error, also from different files', () => {
    const one = making(['manifests/policy-admin/quotes/a.yaml', 'Service'])
    const other = making(['manifests/policy-admin/quotes/b.yaml', 'Service'])
    expect(() => renderPlacement(subject(), outputs, [one, other])).toThrow(/rendered twice/)
  })
})

describe('a system’s tree', () => {
  it('is the system’s file, its sentinel and its directory', () => {
    const tree = renderSystem(tenancy(), { namespace: 'policy-admin', readerRoleArn: 'arn' }, [
      making(
        ['applications/policy-admin/system.yaml', 'AppProject'],
        ['applications/policy-admin/system.yaml', 'Application'],
        ['manifests/policy-admin/_system/namespace.yaml', 'Namespace'],
      ),
    ])
    expect(tree.owner).toBe('policy-admin')
    expect([...tree.files.keys()]).toEqual([
      'applications/policy-admin/system.yaml',
      'manifests/policy-admin/_system/namespace.yaml',
    ])
    expect(tree.files.get('applications/policy-admin/system.yaml')?.match(/^kind: .*$/gm)).toEqual([
      'kind: AppProject',
      'kind: Application',
    ])
  })

  it('is empty where the system is closed', () => {
    const renderer = making(['applications/policy-admin/system.yaml', 'AppProject'])
    const output = { namespace: 'policy-admin', readerRoleArn: 'arn' }
    expect(renderSystem({ ...tenancy(), retired: true }, output, [renderer]).files.size).toBe(0)
  })
})

it('no path has two owners, whatever systems and workloads are called', () => {
  const at = cluster()
  const names = ['apps', 'system', 'workloads', 'sentinel', 'manifests', 'a', 'a-b', 'b']
  const owned = names.flatMap((system) => [
    ...systemPaths(at, system),
    ...names.flatMap((workload) => Object.values(workloadPaths(at, system, workload))),
  ])
  for (const path of owned) expect(owned.filter((other) => isUnder(path, other))).toEqual([path])
})

describe('what keeps a placement from being deployed', () => {
  const awaitingImage: Waiting = { reason: 'AwaitingImage', environment: 'dev', message: 'push one' }
  const awaitingSecret: Waiting = { reason: 'AwaitingSecret', message: 'fill apiKey' }
  const known = { ecr: { ...outputs.ecr, images: { dev: { digest: 'sha256:1' } } } }

  it('nothing, when its image is known and every secret is there', () => {
    expect(missingInputs(subject(), known, [])).toEqual([])
  })

  it('its image, also when nobody said that it is awaited', () => {
    expect(missingInputs(subject(), outputs, [awaitingImage])).toEqual([awaitingImage])
    expect(missingInputs(subject(), outputs, [])).toMatchObject([{ reason: 'AwaitingImage' }])
  })

  it('a secret that its owner has not filled', () => {
    expect(missingInputs(subject(), known, [awaitingSecret])).toEqual([awaitingSecret])
  })

  it('not what another environment waits for', () => {
    expect(missingInputs(subject(), known, [{ ...awaitingImage, environment: 'prod' }])).toEqual([])
    const elsewhere: Waiting = { ...awaitingImage, environment: 'prod', message: 'push to prod' }
    expect(missingInputs(subject(), outputs, [elsewhere, awaitingImage])).toEqual([awaitingImage])
  })

  it('not an image of its own when no container runs it', () => {
    const foreign = subject({}, { containers: { main: { image: 'registry.example/tool@sha256:1' } } })
    expect(missingInputs(foreign, outputs, [awaitingImage])).toEqual([])
  })
})

function making(...made: readonly (readonly [path: string, kind: string])[]) {
  const manifests = made.map(([path, kind]): Manifest => ({
    path,
    object: { apiVersion: 'v1', kind, metadata: { name: 'quotes', namespace: 'policy-admin' } },
  }))
  return { name: 'made', render: () => manifests }
}

function cluster(repository: object = {}): NamedCluster {
  const spec = clusterSpec.parse({
    environment: 'dev',
    aws: { account: '111122223333', region: 'eu-west-1', cluster: 'eks' },
    repository: { url: 'https://git.example/platform/clusters.git', ...repository },
  })
  return { name: 'dev', spec }
}

function tenancy(repository: object = {}): TenancySubject {
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
      spec: systemSpec.parse({ team: 'policies', costCentre: 'cc-42', environments: ['dev'] }),
    },
    cluster: cluster(repository),
  }
}

function subject(repository: object = {}, spec: object = { containers: { main: { image: '.' } } }) {
  return { ...tenancy(repository), workload: 'quotes', incarnation: 1, spec } satisfies PlacementSubject<object>
}
