import { describe, expect, it } from 'vitest'
import { sentinelFile, systemFile, workloadApplication } from '../../domain/layout.ts'
import { matches } from '../../domain/wildcard.ts'
import { checkManifest } from '../../test/support/crds.ts'
import { clusterSecret } from './eks.ts'
import { cluster, hub, shared, subject } from './fixture.ts'
import { argocd, argocdSystem } from './index.ts'
import { controlProject, rootApplication } from './root.ts'

const clusters = [cluster('dev'), cluster('prod', { ...hub, ...shared })]

describe.each(clusters)('of cluster $name', (at) => {
  const root = rootApplication(at)
  const project = controlProject(at)

  it('the root Application finds every system’s file, and no workload’s, whatever they are called', () => {
    const { path, directory } = root.spec.source ?? {}
    const prefix = at.name === 'prod' ? 'clusters/shared/' : ''
    expect(`${path}/`).toBe(`${prefix}applications/`)
    const found = (file: string) => {
      const relative = file.slice('applications/'.length)
      // As Argo CD matches: a `*` is any text, also with "/" in it, and what is excluded is out.
      return matches(directory?.include ?? '', relative) && !matches(directory?.exclude ?? '', relative)
    }
    for (const system of ['pay', 'system', 'workloads', 'a']) {
      expect(found(systemFile(system))).toBe(true)
      expect(found(sentinelFile(system))).toBe(false)
      for (const workload of ['quotes', 'system', 'workloads'])
        expect(found(workloadApplication(system, workload))).toBe(false)
    }
    expect(directory?.recurse).toBe(true)
  })

  it('the project permits what Fairway commits for Argo CD, from this repository into Argo CD’s namespace, and nothing else', () => {
    const { spec } = project
    expect(spec.sourceRepos).toEqual([at.spec.repository.url])
    expect(spec.destinations).toEqual([{ name: 'in-cluster', namespace: 'argocd' }])
    expect(spec.clusterResourceWhitelist).toEqual([])
    const file = [...argocdSystem.render(subject(at), {}), ...argocd.render(subject(at), {})]
    const kinds = new Set(
      file.map(({ object: { apiVersion, kind } }) => `${apiVersion.split('/').at(-2) ?? ''}/${kind}`),
    )
    const permitted = spec.namespaceResourceWhitelist?.map(({ group, kind }) => `${group}/${kind}`)
    expect(permitted?.toSorted()).toEqual([...kinds].toSorted())
  })

  it('both are those that a system’s file names, and removing the root removes nothing that runs', () => {
    const apps = argocdSystem.render(subject(at), {}).find(({ object }) => object.metadata.name.endsWith('-apps'))
    expect(apps?.object).toMatchObject({ spec: { project: project.metadata.name } })
    expect(root.spec).toMatchObject({
      project: project.metadata.name,
      destination: { name: 'in-cluster', namespace: 'argocd' },
    })
    expect(root.metadata).not.toHaveProperty('finalizers')
  })

  it('they are valid against Argo CD’s own definitions, unknown fields included', () => {
    for (const object of [root, project]) expect(checkManifest(object)).toEqual([])
  })
})

describe('the Secret that registers an EKS cluster', () => {
  const own = { type: 'self-managed', endpoint: 'https://ABC.eks.example', authority: 'Q0E=' } as const

  it('has the name that Applications go to, and signs in with IAM', () => {
    const at = cluster('prod', hub)
    const { stringData, metadata } = clusterSecret(at, { ...own, role: 'arn:aws:iam::111122223333:role/argocd' })
    expect(metadata.labels).toMatchObject({ 'argocd.argoproj.io/secret-type': 'cluster' })
    expect(stringData).toMatchObject({ name: 'eks-prod', server: own.endpoint })
    expect(JSON.parse(stringData?.['config'] ?? '')).toEqual({
      awsAuthConfig: { clusterName: 'eks', roleARN: 'arn:aws:iam::111122223333:role/argocd' },
      tlsClientConfig: { insecure: false, caData: own.authority },
    })
    expect(checkManifest(clusterSecret(at, own))).toEqual([])
  })

  it('names it by its ARN where Argo CD is the EKS capability', () => {
    const { stringData } = clusterSecret(cluster('dev'), { type: 'managed' })
    expect(stringData).toEqual({ name: 'in-cluster', server: 'arn:aws:eks:eu-west-1:111122223333:cluster/eks' })
  })
})
