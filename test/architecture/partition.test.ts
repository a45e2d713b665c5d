import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { desired as ecr } from '../../capabilities/ecr/desired.ts'
import { desired as iam } from '../../capabilities/iam/desired.ts'
import { desired as tenancy } from '../../capabilities/tenancy/desired.ts'
import type { Memory } from '../../domain/capability.ts'
import { previewOutputs } from '../../flow/preview.ts'
import { clusterNamed, installation, systemNamed } from '../contract/provisioner-subjects.ts'

/** Fairway in another partition than `aws`: no ARN and no host name of what it makes is of this one. */

const root = new URL('../../', import.meta.url)
const memory: Memory = { claims: {}, credentials: {} }
const image = { track: 'main-*' }

describe.each([
  { region: 'cn-north-1', partition: 'aws-cn', suffix: 'amazonaws.com.cn' },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', suffix: 'amazonaws.com' },
])('an installation in $region', ({ region, partition, suffix }) => {
  const here = { ...installation, region }
  const oidcProvider = `oidc.eks.${region}.${suffix}/id/ABCDEF0123456789`
  const cluster = (account: string, identity: string) =>
    clusterNamed('dev', { identity, aws: { account, region, cluster: 'dev-1', oidcProvider } })
  const subject = { installation: here, system: systemNamed('claims'), workload: 'one', incarnation: 1 }
  const statements = [{ actions: ['s3:GetObject'], resources: [`arn:${partition}:s3:::x/*`] }]
  const other = cluster('222222222222', 'pod-identity')

  const made: Readonly<Record<string, object>> = {
    ecr: ecr({ ...subject, clusters: [other], spec: { image, environments: { dev: {} } } }, memory),
    'iam with Pod Identity': iam({ ...subject, cluster: other, spec: { aws: { statements } } }, memory),
    'iam with IRSA': iam(
      { ...subject, cluster: cluster('222222222222', 'irsa'), spec: { aws: { statements } } },
      memory,
    ),
    tenancy: tenancy({ ...subject, cluster: other }, memory),
    preview: previewOutputs(
      { ...subject, cluster: other, spec: { image: {}, aws: {}, secrets: {} } },
      { inboxPrefix: () => '', natsKey: 'creds' },
      undefined,
    ),
  }

  it.each(Object.entries(made))('has ARNs of its partition in %s', (_, output) => {
    const partitions = [...JSON.stringify(output).matchAll(/arn:([a-z-]+):/g)].map((match) => match[1])
    expect(new Set(partitions)).toEqual(new Set([partition]))
  })

  it('pulls images from a host of its partition', () => {
    const uri = `${installation.account}.dkr.ecr.${region}.${suffix}/claims/one`
    expect(made['ecr']).toMatchObject({ uri })
    expect(made['preview']).toMatchObject({ ecr: { repositoryUri: uri } })
  })
})

describe('the code', () => {
  it('writes no partition down', () => {
    const folders = '{domain,capabilities,iamroles,secretentries,flow,lambdas,store,git,portals,manifests,infra}'
    const files = globSync(`${folders}/**/*.ts`, { cwd: root }).filter((file) => !/\.test\.ts$|fixture/.test(file))
    expect(files.length).toBeGreaterThan(100)
    const writing = files.filter((file) => /`arn:aws:|'arn:aws:/.test(readFileSync(new URL(file, root), 'utf8')))
    expect(writing).toEqual([])
  })
})
