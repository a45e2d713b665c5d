import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IAppProject } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/AppProject'
import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { controlProject } from '../capabilities/argocd/root.ts'
import { ceilings } from '../capabilities/ceilings.ts'
import { placementRenderers, systemRenderers } from '../capabilities/renderers.ts'
import { forEnvironment, placedSpec, workload, type PlacedSpec, type WorkloadSpec } from '../capabilities/schema.ts'
import type { Installation, NamedCluster, NamedSystem } from '../domain/capability.ts'
import type { OwnedTree } from '../domain/git.ts'
import type { KubernetesObject } from '../domain/manifest.ts'
import { parseWorkloadId, secretName, versionToken } from '../domain/names.ts'
import type { DeliveredEntry, RenderInputs } from '../domain/outputs.ts'
import { isUnder } from '../domain/paths.ts'
import { cluster, source, system, type ClusterSpec, type SourceSpec, type SystemSpec } from '../domain/resources.ts'
import { renderPlacement, renderSystem } from '../flow/render.ts'
import { validate, type Platform, type ValidResource } from '../flow/validate.ts'
import { checkManifest, podSecurityViolations } from './support/crds.ts'

/** Every example is good, and what is rendered from it is what a cluster and its Argo CD take. */

const examples = join(import.meta.dirname, '../examples')
const schemas = { System: system, Cluster: cluster, Source: source, Workload: workload }
const placed = { forEnvironment, schema: placedSpec } as never
const installation: Installation = {
  name: 'acme',
  account: '100000000001',
  region: 'eu-west-1',
  permissionsBoundary: 'fairway-boundary',
  secretRecoveryDays: 7,
  overlap: { least: 600_000, most: 86_400_000 },
}

const declared = validate(files('platform'), schemas)
const platform: Platform = {
  systems: ofKind('System').map(({ name, spec }): NamedSystem => ({ name, spec: spec as SystemSpec })),
  clusters: ofKind('Cluster').map(({ name, spec }): NamedCluster => ({ name, spec: spec as ClusterSpec })),
}
const workloads = validate(files('workloads'), schemas, { placed, platform, ceilings })

describe('the platform', () => {
  it('is declared without a problem', () => {
    expect(declared.problems).toEqual([])
  })

  it('has two environments, in two accounts, by two ways of identity, both open to policy-admin', () => {
    const { systems, clusters } = platform
    expect(clusters.map(({ spec }) => spec.environment).toSorted()).toEqual(['dev', 'prod'])
    expect(new Set(clusters.map(({ spec }) => spec.aws.account)).size).toBe(2)
    expect(new Set(clusters.map(({ spec }) => spec.identity)).size).toBe(2)
    expect(systems).toHaveLength(2)
    expect(systems.find(({ name }) => name === 'policy-admin')?.spec.environments).toEqual(['dev', 'prod'])
  })

  it('has a source of every type, and every source that a system lists', () => {
    const sources = ofKind('Source')
    expect(sources.map(({ spec }) => (spec as SourceSpec).type).toSorted()).toEqual(['git', 'github', 'port'])
    const names = sources.map(({ name }) => name)
    for (const { spec } of platform.systems) expect(names).toEqual(expect.arrayContaining(spec.sources))
  })
})

describe('the workloads', () => {
  it('are valid in every environment and within the ceilings of their systems', () => {
    expect(workloads.problems).toEqual([])
    expect(workloads.resources.length).toBeGreaterThanOrEqual(4)
  })

  it('are of every type', () => {
    const types = workloads.resources.map(({ spec }) => (spec as WorkloadSpec).type)
    expect(new Set(types)).toEqual(new Set(['service', 'worker', 'cronjob']))
  })

  it('of a source’s repository may be declared by that source', () => {
    const declared = readdirSync(join(examples, 'sources')).flatMap((name) => {
      const { problems, resources } = validate(files(`sources/${name}`), schemas, {
        placed,
        platform,
        ceilings,
        source: { name, platform: false },
      })
      expect(problems).toEqual([])
      return resources.map((resource) => resource.name)
    })
    expect(declared).toContain('policy-admin/policies')
  })
})

describe.each(platform.clusters)('what is rendered for $name', (place) => {
  const trees = [...platform.systems.map((one) => systemTree(one, place)), ...placementTrees(place)]
  const objects = trees.flatMap((tree) => [...tree.files].flatMap(([path, text]) => read(path, text)))

  it('is valid for the API server, unknown fields included', () => {
    for (const { path, object } of objects)
      expect({ path, problems: checkManifest(object) }).toEqual({ path, problems: [] })
  })

  it('passes the restricted Pod Security Standard', () => {
    for (const { object } of objects) expect(podSecurityViolations(object)).toEqual([])
  })

  it('has one owner per path', () => {
    const paths = trees.flatMap((tree) => tree.paths)
    for (const path of paths) expect(paths.filter((other) => isUnder(path, other))).toEqual([path])
  })

  it('holds a workload object, an Application and a ServiceAccount for each placement', () => {
    for (const tree of placementTrees(place)) {
      const kinds = [...tree.files].flatMap(([path, text]) => read(path, text)).map(({ object }) => object.kind)
      expect(kinds).toEqual(expect.arrayContaining(['Application', 'ServiceAccount']))
      expect(kinds.filter((kind) => ['Deployment', 'CronJob'].includes(kind))).toHaveLength(1)
    }
  })

  it('is found by its Application, and permitted by its project', () => {
    const rendered = objects.flatMap(({ object }) => (object.kind === 'AppProject' ? [object as IAppProject] : []))
    const projects = [controlProject(place), ...rendered]
    for (const { object } of objects.filter((one) => one.object.kind === 'Application')) {
      const { metadata, spec } = object as IApplication
      const applied = objects.filter(({ path }) => directoryOf(path) === spec.source?.path)
      expect({ name: metadata.name, empty: applied.length === 0 }).toEqual({ name: metadata.name, empty: false })
      const project = projects.find(({ metadata: { name } }) => name === spec.project)
      expect(applied.filter(({ object: one }) => !permitted(project, one))).toEqual([])
    }
  })

  it('mounts no Secret that no ExternalSecret makes', () => {
    const made = objects
      .filter(({ object }) => object.kind === 'ExternalSecret')
      .map(({ object }) => object.metadata.name)
    const mounted = objects.flatMap(({ object }) => [...JSON.stringify(object).matchAll(/"secretName":"([^"]+)"/g)])
    expect(mounted.length).toBeGreaterThan(0)
    expect(made).toEqual(expect.arrayContaining(mounted.map(([, name]) => name)))
  })
})

function files(directory: string) {
  const root = join(examples, directory)
  return readdirSync(root)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `${directory}/${name}`, text: readFileSync(join(root, name), 'utf8') }))
}

function ofKind(kind: string): readonly ValidResource[] {
  return declared.resources.filter((resource) => resource.kind === kind)
}

function systemTree(one: NamedSystem, place: NamedCluster): OwnedTree {
  const readerRoleArn = `arn:aws:iam::${place.spec.aws.account}:role/fairway/reader`
  return renderSystem(
    { installation, system: one, cluster: place },
    { namespace: one.name, readerRoleArn },
    systemRenderers,
  )
}

function placementTrees(place: NamedCluster): OwnedTree[] {
  return workloads.resources.flatMap(({ name, spec }) => {
    const merged = forEnvironment(spec as WorkloadSpec, place.spec.environment)
    const { system: owner, workload: called } = parseWorkloadId(name)
    const its = platform.systems.find((one) => one.name === owner)
    if (merged === undefined || its === undefined) return []
    const subject = {
      installation,
      system: its,
      workload: called,
      incarnation: 1,
      cluster: place,
      spec: merged as never,
    }
    return [renderPlacement<never>(subject, standIns(merged, its.name, called, place), placementRenderers)]
  })
}

/** What provisioning would tell. */
function standIns(spec: PlacedSpec, owner: string, called: string, { name, spec: place }: NamedCluster): RenderInputs {
  const entry = (of: string, keys: readonly string[]): DeliveredEntry => {
    const secret = secretName(installation.name, name, owner, called, of)
    return { entry: of, secret, versions: [{ versionId: versionToken(secret, 1, 1), generation: 1 }], keys }
  }
  const registry = `${installation.account}.dkr.ecr.${installation.region}.amazonaws.com`
  const digest = spec.image.digest ?? `sha256:${'0'.repeat(64)}`
  return {
    ecr: {
      repositoryArn: `arn:aws:ecr:${installation.region}:${installation.account}:repository/${owner}/${called}`,
      repositoryUri: `${registry}/${owner}/${called}`,
      images: { [place.environment]: { digest } },
    },
    iam: {
      serviceAccount: called,
      ...(spec.aws ? { roleArn: `arn:aws:iam::${place.aws.account}:role/fairway/x` } : {}),
    },
    ...(spec.nats && place.nats
      ? {
          nats: {
            url: place.nats.url,
            account: `A${'A'.repeat(55)}`,
            inboxPrefix: `_INBOX_${owner}_${called}`,
            credentials: entry('nats', ['nats.creds']),
          },
        }
      : {}),
    secrets: {
      entries: Object.entries(spec.secrets).map(([of, made]) =>
        entry(of, 'keys' in made ? made.keys : [made.generate.key]),
      ),
    },
    deployable: true,
  }
}

function read(path: string, text: string): { readonly path: string; readonly object: KubernetesObject }[] {
  return parseAllDocuments(text).map((document) => ({ path, object: document.toJS() as KubernetesObject }))
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function permitted(project: IAppProject | undefined, { apiVersion, kind, metadata }: KubernetesObject): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  const matches = (one: { group: string; kind: string }) => one.group === group && one.kind === kind
  const { clusterResourceWhitelist = [], namespaceResourceWhitelist = [], destinations = [] } = project?.spec ?? {}
  if (metadata.namespace === undefined) {
    return clusterResourceWhitelist.some((one) => matches(one) && one.name === metadata.name)
  }
  return (
    namespaceResourceWhitelist.some(matches) && destinations.some(({ namespace }) => namespace === metadata.namespace)
  )
}
