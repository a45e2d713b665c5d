import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, test } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import { pushImage } from '../../local/aws/index.ts'
import type { SimulatedAws } from '../../local/aws/index.ts'
import { home, repositories, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { select } from './images.ts'
import type { EcrSpec, EcrSubject } from './index.ts'
import { ecr } from './index.ts'

const repositoryName = 'policy-admin/quotes'
const resourceArn = `arn:aws:ecr:eu-west-1:111111111111:repository/${repositoryName}`
const ociImage = 'application/vnd.oci.image.config.v1+json'
const helmChart = 'application/vnd.cncf.helm.config.v1+json'
const unscanned = { imageScanningConfiguration: { scanOnPush: false } }
type Outside = ReturnType<SimulatedAws['outside']['ecr']>
const other = { aws: { account: '222222222222', region: 'eu-west-1', cluster: 'x-1' } }

describe('the image of an environment', () => {
  test('is the newest pushed one whose tag matches, not the newest of all', async () => {
    const it = await provisioned({ image: { track: 'main-*' }, environments: { dev: {} } })
    const wanted = await it.push('main-1', 'one')
    await it.push('feature-1', 'two')
    expect((await it.output())?.images).toEqual({ dev: { digest: wanted, tag: 'main-1' } })
    const next = await it.push('main-2', 'three')
    expect((await it.output())?.images).toEqual({ dev: { digest: next, tag: 'main-2' } })
  })

  test('is chosen alike by everybody when two were pushed in the same second', () => {
    const images = ['sha256:b', 'sha256:a'].map((digest) => ({ digest, tags: ['x', digest.slice(-1)], pushedAt: 1 }))
    const selection = { environment: 'dev', track: '*' }
    expect(select(selection, images)).toEqual({ digest: 'sha256:a', tag: 'a' })
    expect(select(selection, images.toReversed())).toEqual({ digest: 'sha256:a', tag: 'a' })
  })

  test('is never a chart or another artifact that stands in the same repository', () => {
    const image = { digest: 'sha256:a', tags: ['1'], pushedAt: 1, artifactMediaType: ociImage }
    const chart = { ...image, digest: 'sha256:b', pushedAt: 2, artifactMediaType: helmChart }
    const list = { digest: 'sha256:c', tags: ['0'], pushedAt: 0 }
    const selection = { environment: 'dev', track: '*' }
    expect(select(selection, [image, chart, list])?.digest).toBe('sha256:a')
    expect(select(selection, [chart, list])?.digest).toBe('sha256:c')
  })

  test('is never a signature, which is pushed after the image under its digest', async () => {
    const it = await provisioned({ image: { track: '*' }, environments: { dev: {} } })
    const wanted = await it.push('1.0.0', 'one')
    await it.push(`${wanted.replace(':', '-')}.sig`, 'two')
    await it.push(wanted.replace(':', '-'), 'three')
    expect((await it.output())?.images['dev']?.digest).toBe(wanted)
  })

  test('can be tracked and pinned differently in each', async () => {
    const image = { track: 'main-*' }
    const it = await provisioned({ image, environments: { dev: {}, test: {} } })
    const released = await it.push('release-1', 'one')
    const newest = await it.push('main-1', 'two')
    const environments = { dev: {}, prod: { image: { digest: released } }, test: { image: { track: 'release-?' } } }
    expect((await it.output({ image, environments }))?.images).toEqual({
      dev: { digest: newest, tag: 'main-1' },
      prod: { digest: released, tag: 'release-1' },
      test: { digest: released, tag: 'release-1' },
    })
  })

  test('is awaited by environment, with the place to push to, until there is one', async () => {
    const pinned = `sha256:${'0'.repeat(64)}`
    const spec = { image: { track: 'main-*' }, environments: { dev: {}, prod: { image: { digest: pinned } } } }
    const it = await provisioned(spec)
    const [dev, prod] = await it.waiting()
    expect(dev).toMatchObject({ reason: 'AwaitingImage', environment: 'dev' })
    expect(dev?.message).toContain('111111111111.dkr.ecr.eu-west-1.amazonaws.com/policy-admin/quotes')
    expect(prod?.message).toContain(pinned)
    await it.push('main-1', 'one')
    expect((await it.waiting()).map(({ environment }) => environment)).toEqual(['prod'])
  })

  test('is found among more images than fit one page', async () => {
    const it = await provisioned({ image: { track: 'main-*' }, environments: { dev: {} } })
    const wanted = await it.push('main-1', 'one')
    for (let index = 0; index < 20; index++) await it.push(`feature-${index}`, `other ${index}`)
    it.partialPages()
    expect((await it.output())?.images['dev']?.digest).toBe(wanted)
  })
})

describe('the repository', () => {
  test('is immutable, scanned, encrypted, tagged, and expires only untagged images', async () => {
    const it = await provisioned()
    const [line = '{}'] = await repositories(it.aws)
    const made = JSON.parse(line) as Record<string, unknown>
    expect(made).toMatchObject({
      mutability: 'IMMUTABLE',
      scanning: { scanOnPush: true },
      encryption: { encryptionType: 'AES256' },
    })
    expect(made['tags']).toEqual(
      expect.arrayContaining([
        'fairway:installation=acme',
        'fairway:system=policy-admin',
        'fairway:workload=quotes',
        'fairway:team=policies',
        'fairway:cost-centre=CC-1',
      ]),
    )
    const lifecycle = JSON.parse(String(made['lifecycle'])) as { rules: { selection: { tagStatus: string } }[] }
    expect(lifecycle.rules.map(({ selection }) => selection.tagStatus)).toEqual(['untagged'])
  })

  test('lets exactly the other accounts of its clusters pull, and nobody when there is none', async () => {
    const it = await provisioned()
    expect((await repositories(it.aws))[0]).not.toContain('FairwayPull')
    await it.converge({ ...it.subject, clusters: [clusterNamed('dev'), clusterNamed('prod', other)] })
    const policy = JSON.parse((JSON.parse((await repositories(it.aws))[0] ?? '{}') as { policy: string }).policy) as {
      Statement: { Principal: unknown; Action: string[] }[]
    }
    expect(policy.Statement).toHaveLength(1)
    expect(policy.Statement[0]?.Principal).toEqual({ AWS: ['arn:aws:iam::222222222222:root'] })
    expect(policy.Statement[0]?.Action.filter((action) => !/Get|Check/.test(action))).toEqual([])
    await it.converge(it.subject)
    expect((await repositories(it.aws))[0]).not.toContain('FairwayPull')
  })

  test.each<[string, (ecr: Outside) => Promise<unknown>]>([
    [
      'mutable tags',
      (ecr) => ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'MUTABLE' })),
    ],
    ['no scan', (ecr) => ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, ...unscanned }))],
    ['no lifecycle policy', (ecr) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))],
    [
      'a policy for everybody',
      (ecr) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: openToAll() })),
    ],
    [
      'a team that was changed',
      (ecr) => ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'fairway:team', Value: 'x' }] })),
    ],
    ['a missing tag', (ecr) => ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['fairway:workload'] }))],
  ])('is repaired: %s', async (_what, damage) => {
    const it = await provisioned()
    const before = await repositories(it.aws)
    await damage(it.aws.outside.ecr())
    expect(await repositories(it.aws)).not.toEqual(before)
    await it.converge(it.subject)
    expect(await repositories(it.aws)).toEqual(before)
  })

  test('keeps tags that somebody else put on it', async () => {
    const it = await provisioned()
    await it.aws.outside.ecr().send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'audit', Value: 'yes' }] }))
    expect(await it.plan(it.subject)).toEqual([])
  })

  test('stays, with its images and its claim, when a workload retires that is to be retained', async () => {
    const it = await provisioned()
    const { spec: _, ...retired } = it.subject
    await it.push('main-1', 'one')
    await it.converge(retired)
    expect(it.claims['repository']).toEqual({ id: resourceArn, incarnation: 1, retained: true })
    await it.converge({ ...it.subject, incarnation: 2 })
    expect(Object.keys((await it.output())?.images ?? {})).toEqual(['dev'])
    expect(it.claims['repository']).toEqual({ id: resourceArn, incarnation: 2 })
  })

  test('goes with its images when the system says so', async () => {
    const it = await provisioned()
    await it.push('main-1', 'one')
    const { spec: _, ...retired } = { ...it.subject, system: systemNamed('policy-admin', { deletionPolicy: 'delete' }) }
    await it.converge(retired)
    expect(await repositories(it.aws)).toEqual([])
    expect(it.claims).toEqual({})
  })
})

test('a repository that somebody made after planning is left alone, and looked at again', async () => {
  const { aws, now } = testAws({})
  const bench = provisionerBench(ecr, { ecr: aws.ecr() }, now)
  const actions = await bench.plan(subjectOf({ image: { track: '*' }, environments: { dev: {} } }))
  await aws.outside.ecr().send(new CreateRepositoryCommand({ repositoryName }))
  await expect(bench.applyAll(actions)).rejects.toBeInstanceOf(Conflict)
})

async function provisioned(spec: EcrSpec = { image: { track: '*' }, environments: { dev: {} } }) {
  let partial = false
  const { aws, clock, now } = testAws({}, () => (partial ? { kind: 'partial-page', items: 3 } : undefined))
  const subject = subjectOf(spec)
  const bench = provisionerBench(ecr, { ecr: aws.ecr() }, now)
  await bench.converge(subject)
  return {
    ...bench,
    aws,
    subject,
    partialPages: () => (partial = true),
    output: (changed: EcrSpec = spec) => bench.output({ ...subject, spec: changed }),
    waiting: () => bench.waiting(subject),
    push: async (tag: string, content: string) => {
      await clock.sleep(1000)
      return (await pushImage(aws, { ...home, repository: repositoryName, tag, content })).detail['image-digest']
    },
  }
}

function subjectOf(spec: EcrSpec): EcrSubject {
  const system = systemNamed('policy-admin')
  return { installation, system, workload: 'quotes', incarnation: 1, clusters: [clusterNamed('dev')], spec }
}

function openToAll(): string {
  const statement = { Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}
