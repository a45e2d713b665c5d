import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application'
import type { IAppProject } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/AppProject'
import { describe, expect, it } from 'vitest'
import { applicationName, appsName, baseName, controlProjectName, projectName, rootName } from '../../domain/argocd.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { cluster, hub, named, shared, subject } from './fixture.ts'
import { argocd, argocdSystem } from './index.ts'

describe('a workload’s Application', () => {
  it('follows one directory of one branch, in full, from the cluster’s place in the repository', () => {
    const { source } = application(cluster('dev', shared)).spec
    expect(source).toEqual({
      repoURL: 'https://git.example/platform/clusters.git',
      targetRevision: 'refs/heads/main',
      path: 'clusters/shared/manifests/policy-admin/quotes',
    })
    expect(application(cluster('dev')).spec.source?.path).toBe('manifests/policy-admin/quotes')
  })

  it('is generated anew only when its own directory changes', () => {
    expect(application(cluster('dev', shared)).metadata.annotations).toEqual({
      'argocd.argoproj.io/manifest-generate-paths': '/clusters/shared/manifests/policy-admin/quotes',
    })
  })

  it('prunes and heals, does not empty a namespace, and goes on trying with the newest commit', () => {
    const { syncPolicy } = application(cluster('dev')).spec
    expect(syncPolicy?.automated).toEqual({ prune: true, selfHeal: true })
    expect(syncPolicy?.retry).toMatchObject({ refresh: true, backoff: { factor: 2 } })
  })

  it('takes its objects with it when it is removed; the system’s two Applications do not', () => {
    const finalizers = ['resources-finalizer.argocd.argoproj.io']
    expect(application(cluster('dev')).metadata.finalizers).toEqual(finalizers)
    for (const one of applications(cluster('dev'))) expect(one.metadata).not.toHaveProperty('finalizers')
  })

  it('goes to the namespace of its system in its cluster, by the name Argo CD knows', () => {
    expect(application(cluster('dev')).spec.destination).toEqual({ name: 'in-cluster', namespace: 'policy-admin' })
    expect(application(cluster('prod', hub)).spec.destination).toEqual({ name: 'eks-prod', namespace: 'policy-admin' })
  })

  it('is there before its image: ServiceAccount and secrets are applied already; a retired one is not', () => {
    const { spec, ...retired } = subject(cluster('dev'))
    expect(argocd.render({ ...retired, spec }, { deployable: false })).toHaveLength(1)
    expect(argocd.render(retired, {})).toEqual([])
  })
})

describe('a system’s file', () => {
  it('has the project first, then its two Applications; <system>-apps alone is in the control project', () => {
    const [project, apps, base] = file(cluster('dev'))
    expect(project).toMatchObject({ kind: 'AppProject', metadata: { name: 'policy-admin', namespace: 'argocd' } })
    expect(apps).toMatchObject({
      metadata: { name: 'policy-admin-apps' },
      spec: {
        project: 'fairway',
        source: { path: 'applications/policy-admin/workloads' },
        destination: { name: 'in-cluster', namespace: 'argocd' },
      },
    })
    expect(base).toMatchObject({
      metadata: { name: 'policy-admin-base' },
      spec: {
        project: 'policy-admin',
        source: { path: 'manifests/policy-admin/_system' },
        destination: { name: 'in-cluster', namespace: 'policy-admin' },
      },
    })
  })

  it('restricts the project to one repository, one namespace of one cluster, and no cluster-scoped kind but it', () => {
    const { spec } = file(cluster('prod', hub))[0] as IAppProject
    expect(spec.sourceRepos).toEqual(['https://git.example/platform/cluster-prod.git'])
    expect(spec.destinations).toEqual([{ name: 'eks-prod', namespace: 'policy-admin' }])
    expect(spec.clusterResourceWhitelist).toEqual([{ group: '', kind: 'Namespace', name: 'policy-admin' }])
  })

  it('permits no kind that would carry a secret value, a role or another Application', () => {
    const kinds = (file(cluster('dev'))[0] as IAppProject).spec.namespaceResourceWhitelist?.map(({ kind }) => kind)
    for (const kind of ['*', 'Secret', 'ConfigMap', 'Role', 'RoleBinding', 'Application', 'AppProject']) {
      expect(kinds).not.toContain(kind)
    }
  })

  it('keeps <system>-apps from being empty with an object that no workload’s file can replace', () => {
    const sentinel = rendered(cluster('dev')).find(({ object }) => object.kind === 'ConfigMap')
    expect(sentinel?.path).toBe('applications/policy-admin/workloads/_sentinel.yaml')
    expect(sentinel?.object.metadata.namespace).toBe('argocd')
  })

  it('is absent where the system is closed', () => {
    expect(argocdSystem.render({ ...subject(cluster('dev')), retired: true }, {})).toEqual([])
  })

  it('is refused for a system whose namespace would be Argo CD’s own', () => {
    const beside = { ...subject(cluster('dev')), system: named('argocd') }
    expect(() => argocdSystem.render(beside, {})).toThrow(Terminal)
    const elsewhere = { ...beside, cluster: cluster('dev', { argocd: { namespace: 'gitops' } }) }
    expect(argocdSystem.render(elsewhere, {})).not.toEqual([])
  })
})

describe('names in a namespace that clusters, systems and workloads share', () => {
  it('two of them never meet, however their parts are cut', () => {
    const names: string[] = []
    for (const mode of ['hub', 'local'] as const) {
      const [one, other] = [cluster('a-b', { argocd: { mode } }), cluster('a', { argocd: { mode } })]
      const keys: readonly (readonly [NamedCluster, string, string])[] = [
        [one, 'c', 'd'],
        [other, 'b-c', 'd'],
        [other, 'b', 'c-d'],
        [other, 'b-c-apps', 'apps'],
        [other, 'b-c', 'apps'],
        [other, 'b-c', 'base'],
      ]
      names.push(...keys.map((key) => applicationName(...key)))
      const pairs = new Map(
        keys.map(([at, name]) => [mode === 'hub' ? `${at.name} ${name}` : name, [at, name] as const]),
      )
      names.push(...[...pairs.values()].flatMap((pair) => [appsName(...pair), baseName(...pair)]))
      names.push(...(mode === 'hub' ? [one, other] : [one]).map(rootName))
    }
    // In local mode there is one cluster to a namespace: the same system and workload are the same Application.
    expect(new Set(names).size).toBe(names.length)
  })

  it('carry the cluster in a hub and have at most 63 characters, however long the parts', () => {
    const long = 'x'.repeat(40)
    const at = cluster(long, { environment: 'dev', argocd: { mode: 'hub' } })
    const all = [projectName(at, long), appsName(at, long), baseName(at, long), applicationName(at, long, long)]
    for (const name of all) {
      expect(name).toMatch(/^x{40}/)
      expect(name.length).toBeLessThanOrEqual(63)
    }
    expect(projectName(cluster('prod', hub), 'pay')).toMatch(/^prod-pay-[0-9a-v]{8}$/)
    expect(projectName(cluster('prod'), 'pay')).toBe('pay')
    expect([controlProjectName(cluster('prod', hub)), controlProjectName(cluster('prod'))]).toEqual([
      'prod-fairway',
      'fairway',
    ])
  })
})

function application(at: NamedCluster): IApplication {
  return argocd.render(subject(at), {})[0]?.object as IApplication
}

function rendered(at: NamedCluster) {
  return argocdSystem.render(subject(at), {})
}

function file(at: NamedCluster) {
  return rendered(at)
    .filter(({ path }) => path === 'applications/policy-admin/system.yaml')
    .map(({ object }) => object)
}

function applications(at: NamedCluster) {
  return file(at).filter(({ kind }) => kind === 'Application') as IApplication[]
}
