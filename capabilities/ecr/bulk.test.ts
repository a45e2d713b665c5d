import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, test } from 'vitest'
import type { Claim } from '../../domain/records.ts'
import type { AwsOptions } from '../../local/aws/index.ts'
import { bulkAws, bulkBench, place } from '../../test/contract/provisioner-bulk.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { ecrBulk } from './bulk.ts'
import type { EcrSubject } from './index.ts'
import { ecr } from './index.ts'

const repositoryName = 'policy-admin/quotes'
const arnOf = (name: string) => `arn:aws:ecr:eu-west-1:111111111111:repository/${name}`
const resourceArn = arnOf(repositoryName)
const elsewhere = clusterNamed('prod', { aws: { account: '222222222222', region: 'eu-west-1', cluster: 'x-1' } })
const wanted: EcrSubject = {
  installation,
  system: systemNamed('policy-admin', { deletionPolicy: 'delete' }),
  workload: 'quotes',
  incarnation: 1,
  clusters: [clusterNamed('dev'), elsewhere],
  spec: { image: { track: '*' }, environments: { dev: {} } },
}
const { spec: _spec, ...retired } = wanted
const unscanned = { imageScanningConfiguration: { scanOnPush: false } }
const anybody = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
})

describe('a repository that is as it was made', () => {
  test('has an empty plan in bulk right after it was made, and in the deep sample', async () => {
    const it = bench()
    await it.converge(wanted)
    expect(await it.compare(wanted)).toEqual({ alone: [], inBulk: [], deep: [], kinds: [], deepKinds: [] })
  })

  test('has one without a repository policy too', async () => {
    const it = bench()
    const here = { ...wanted, clusters: [clusterNamed('dev')] }
    await it.converge(here)
    expect(await it.compare(here)).toMatchObject({ alone: [], inBulk: [], deep: [] })
  })

  test('is as ready to be removed in bulk as alone, and that is no drift', async () => {
    const it = bench()
    await it.converge(wanted)
    const { alone, inBulk, kinds } = await it.compare(retired)
    expect(inBulk).toEqual(alone)
    expect(kinds).toEqual(['due'])
  })

  test('that never was made is not deleted: its making is due', async () => {
    const { alone, inBulk, kinds } = await bench().compare(wanted)
    expect(inBulk).toEqual(alone)
    expect(kinds).toEqual(['due'])
  })
})

describe('what a hand did in the registry is found in pages as it is found alone', () => {
  const tagKeys = (key: string) => ({ resourceArn, tagKeys: [`fairway:${key}`] })
  test.each<[string, readonly string[], (ecr: Outside) => Promise<unknown>]>([
    [
      'the repository is gone',
      ['repository-deleted'],
      (ecr) => ecr.send(new DeleteRepositoryCommand({ repositoryName })),
    ],
    [
      'its tags can be moved',
      ['repository-changed'],
      (ecr) => ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' })),
    ],
    [
      'nothing is scanned',
      ['repository-changed'],
      (ecr) => ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, ...unscanned })),
    ],
    ['a tag is gone', ['repository-changed'], (ecr) => ecr.send(new UntagResourceCommand(tagKeys('team')))],
    ['our tag is gone', ['disowned'], (ecr) => ecr.send(new UntagResourceCommand(tagKeys('installation')))],
    [
      'another installation’s tag',
      ['disowned'],
      (ecr) =>
        ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'fairway:installation', Value: 'other' }] })),
    ],
    [
      'somebody else’s repository of that name',
      ['disowned'],
      async (ecr) => {
        await ecr.send(new DeleteRepositoryCommand({ repositoryName }))
        await ecr.send(new CreateRepositoryCommand({ repositoryName }))
      },
    ],
  ])('%s', async (_what, kinds, damage) => {
    const it = bench()
    await it.converge(wanted)
    await damage(it.ecr)
    const found = await it.compare(wanted)
    expect(found.inBulk).not.toEqual([])
    expect(found.inBulk).toEqual(found.alone)
    expect(found.deep).toEqual(found.alone)
    expect(found.kinds).toEqual(kinds)
  })

  test('a repository that nobody recorded is somebody else’s', async () => {
    const it = bench()
    await it.ecr.send(new CreateRepositoryCommand({ repositoryName }))
    const found = await it.compare(wanted)
    expect(found.inBulk).toEqual(found.alone)
    expect(found.kinds).toEqual(['disowned'])
  })

  test.each<[string, (ecr: Outside) => Promise<unknown>]>([
    ['lifecycle policy', (ecr) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))],
    ['repository policy', (ecr) => ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))],
    [
      'repository policy of others',
      (ecr) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: anybody })),
    ],
  ])('a changed %s is not in pages, and is in the deep sample', async (_what, damage) => {
    const it = bench()
    await it.converge(wanted)
    await damage(it.ecr)
    const found = await it.compare(wanted)
    expect(found.inBulk).toEqual([])
    expect(found.deep).toEqual(found.alone)
    expect(found.deepKinds).toEqual(['repository-changed'])
  })

  test('what the tag says was set from something else is set again', async () => {
    const it = bench()
    await it.converge(wanted)
    const { inBulk } = await it.compare({ ...wanted, clusters: [clusterNamed('dev'), elsewhere, third] })
    expect(inBulk.map(({ type }) => type)).toEqual(['tag', 'set-lifecycle', 'set-policy'])
  })
})

describe('a registry with many repositories', () => {
  const workloads = Array.from({ length: 300 }, (_, index): EcrSubject => ({ ...wanted, workload: `w-${index}` }))

  async function fleet(options: Partial<AwsOptions> = {}) {
    const it = bench(options)
    const claims = new Map<string, Record<string, Claim>>()
    for (const subject of workloads) {
      await it.converge(subject)
      claims.set(subject.workload, { ...it.claims })
      for (const what of Object.keys(it.claims)) delete it.claims[what]
    }
    const desiredOf = (subject: EcrSubject) =>
      ecr.desired(subject, { claims: claims.get(subject.workload) ?? {}, credentials: {} })
    return { ...it, desiredOf }
  }

  test('that is healthy is all empty plans, in as many calls as there are pages, without a write', async () => {
    const it = await fleet()
    for (let index = 0; index < 750; index++) {
      await it.ecr.send(new CreateRepositoryCommand({ repositoryName: `others/${index}` }))
    }
    it.aws.calls.reset()
    const snapshot = await it.snapshot()
    const plans = workloads.flatMap((subject) => {
      const desired = it.desiredOf(subject)
      return ecr.plan(desired, ecrBulk.observed(desired, snapshot), 0)
    })
    expect(plans).toEqual([])
    const { ecr: repositories, tagging: tags } = it.aws.calls.snapshot()
    // 1,050 repositories, 300 of them with the tag.
    expect({ repositories, tags }).toEqual({ repositories: { reads: 2, writes: 0 }, tags: { reads: 3, writes: 0 } })
  })

  test('loses nothing at the border of two pages, however short they are', async () => {
    let calls = 0
    const it = await fleet({
      faults: ({ access }) => {
        calls += 1
        return access === 'read' && calls % 3 > 0 ? { kind: 'partial-page', items: calls % 7 } : undefined
      },
    })
    const owned = [...ecrBulk.owned(await it.snapshot())].map(({ id }) => id)
    expect(owned.toSorted()).toEqual(workloads.map(({ workload }) => arnOf(`policy-admin/${workload}`)).toSorted())
  })

  test('keeps nothing of others but that they are there: no name of another shape, no tags', async () => {
    const it = bench()
    const tags = [{ Key: 'team', Value: 'others' }]
    for (const name of ['tools', 'a/b/c', 'others/app']) {
      await it.ecr.send(new CreateRepositoryCommand({ repositoryName: name, tags }))
    }
    const { repositories } = await it.snapshot()
    expect([...repositories]).toEqual([['others/app', { immutable: false, scanOnPush: false, tags: {} }]])
  })
})

describe('orphans', () => {
  test('are repositories with our tag that no workload accounts for', async () => {
    const it = bench()
    await it.converge(wanted)
    const tags = (Value: string) => [{ Key: 'fairway:installation', Value }]
    await it.ecr.send(new CreateRepositoryCommand({ repositoryName: 'policy-admin/gone', tags: tags('acme') }))
    await it.ecr.send(new CreateRepositoryCommand({ repositoryName: 'policy-admin/other', tags: tags('other') }))
    await it.ecr.send(new CreateRepositoryCommand({ repositoryName: 'policy-admin/untagged' }))
    const accounted = new Set(ecrBulk.accounts(it.desired(wanted)))
    const orphans = [...ecrBulk.owned(await it.snapshot())].filter(({ id }) => !accounted.has(id))
    expect(orphans).toEqual([{ id: arnOf('policy-admin/gone'), what: 'ECR repository policy-admin/gone' }])
  })

  test('are not repositories that are kept, with their images, for a workload that is gone', async () => {
    const it = bench()
    const system = systemNamed('policy-admin', { deletionPolicy: 'retain' })
    await it.converge({ ...wanted, system })
    await it.converge({ ...retired, system })
    expect(ecrBulk.accounts(it.desired({ ...retired, system }))).toEqual([resourceArn])
    expect(await it.compare({ ...retired, system })).toMatchObject({ alone: [], inBulk: [] })
  })

  test('are not repositories that are gone, although the tagging API still knows them', async () => {
    const it = bench({ readLag: { tagging: 60_000 } })
    await it.converge(wanted)
    await it.clock.sleep(60_000)
    expect([...ecrBulk.owned(await it.snapshot())]).toHaveLength(1)
    await it.ecr.send(new DeleteRepositoryCommand({ repositoryName }))
    expect([...ecrBulk.owned(await it.snapshot())]).toEqual([])
  })
})

const third = clusterNamed('third', { aws: { account: '333333333333', region: 'eu-west-1', cluster: 'x-1' } })

type Outside = ReturnType<typeof bench>['ecr']

function bench(options: Partial<AwsOptions> = {}) {
  const { aws, clock, now } = bulkAws(options)
  const remote = { ecr: aws.ecr() }
  const bulkRemote = () => ({ ...remote, tagging: aws.tagging() })
  return { ...bulkBench(ecr, ecrBulk, { remote, bulkRemote, now }), aws, clock, ecr: aws.outside.ecr(place) }
}
