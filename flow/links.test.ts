import { describe, expect, it } from 'vitest'
import type { NamedCluster } from '../domain/capability.ts'
import { clusterSpec, sourceSpec } from '../domain/resources.ts'
import { applicationLink, commitLink, logsLink, sourceLink } from './links.ts'

function cluster(links: object | undefined, argocd: object = {}): NamedCluster {
  const spec = clusterSpec.parse({
    environment: 'dev',
    aws: { account: '111122223333', region: 'eu-west-1', cluster: 'eks' },
    repository: { url: 'https://git.example/platform/clusters.git' },
    argocd,
    ...(links && { links }),
  })
  return { name: 'dev', spec }
}

const git = (url: string) => sourceSpec.parse({ type: 'git', url })
const origin = { source: 'x', path: '.fairway/a b#1.yaml', line: 7 }

describe('a commit', () => {
  it.each([
    ['https://github.com/acme/cluster.git', 'https://github.com/acme/cluster/commit/abc'],
    ['https://github.acme.example/acme/cluster', 'https://github.acme.example/acme/cluster/commit/abc'],
    ['https://gitlab.com/acme/sub/cluster.git/', 'https://gitlab.com/acme/sub/cluster/-/commit/abc'],
    ['https://token:secret@github.com/acme/cluster.git', 'https://github.com/acme/cluster/commit/abc'],
  ])('of %s is at %s', (repository, link) => {
    expect(commitLink(repository, 'abc')).toBe(link)
  })

  it.each(['https://git.example/x.git', 'https://notgithub.example/x.git', 'https://mygithubhost.example/x'])(
    'of %s has no link: a wrong one is worse than none',
    (repository) => {
      expect(commitLink(repository, 'abc')).toBeUndefined()
    },
  )
})

describe('the manifest of a workload', () => {
  it('is shown at its line, with its path as it is', () => {
    expect(sourceLink(git('https://gitlab.acme.example/a/b.git'), origin)).toBe(
      'https://gitlab.acme.example/a/b/-/blob/HEAD/.fairway/a%20b%231.yaml#L7',
    )
  })

  it('of a source of type github is on GitHub, whatever its host is called', () => {
    const source = sourceSpec.parse({
      type: 'github',
      url: 'https://code.acme.example/a/b.git',
      installationId: 1,
      repositoryId: 2,
    })
    expect(sourceLink(source, { source: 'x', path: 'fairway.yaml' })).toBe(
      'https://code.acme.example/a/b/blob/HEAD/fairway.yaml',
    )
  })

  it('has no link when it came from a portal, from a person, or from a host that is not known', () => {
    expect(sourceLink(sourceSpec.parse({ type: 'port' }), origin)).toBeUndefined()
    expect(sourceLink(undefined, origin)).toBeUndefined()
    expect(sourceLink(git('https://git.example/a/b.git'), origin)).toBeUndefined()
    expect(sourceLink(git('https://github.com/a/b.git'), { source: 'x' })).toBeUndefined()
  })
})

describe('the links of a cluster', () => {
  it('lead to the Application by its name in that Argo CD', () => {
    const links = { argocd: 'https://argocd.acme.example/' }
    expect(applicationLink(cluster(links), 'pay', 'api')).toMatch(
      /^https:\/\/argocd\.acme\.example\/applications\/argocd\/pay-api-[0-9a-v]{8}$/,
    )
    expect(applicationLink(cluster(links, { mode: 'hub', namespace: 'gitops' }), 'pay', 'api')).toMatch(
      /\/applications\/gitops\/dev-pay-api-[0-9a-v]{8}$/,
    )
  })

  it('lead to the logs, with what stands in braces filled in', () => {
    const logs = 'https://logs.acme.example/?q={namespace}/{workload}&system={system}&on={cluster}'
    expect(logsLink(cluster({ logs }), 'pay', 'api')).toBe('https://logs.acme.example/?q=pay/api&system=pay&on=dev')
  })

  it('are absent where the platform team names none', () => {
    for (const at of [cluster(undefined), cluster({})]) {
      expect(applicationLink(at, 'pay', 'api')).toBeUndefined()
      expect(logsLink(at, 'pay', 'api')).toBeUndefined()
    }
  })

  it.each([
    [{ argocd: 'http://argocd.example' }],
    [{ argocd: 'javascript:alert(1)' }],
    [{ logs: 'http://logs.example/{workload}' }],
    [{ logs: 'https://logs.example/{pod}' }],
    [{ logs: 'https://logs.example/{workload' }],
    [{ logs: 'https://logs.example/a b' }],
    [{ logs: 'https://:{workload}' }],
    [{ log: 'https://logs.example' }],
  ])('%j is refused', (links) => {
    expect(() => cluster(links)).toThrow()
  })
})
