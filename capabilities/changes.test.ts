import { describe, expect, it } from 'vitest'
import type { NamedCluster } from '../domain/capability.ts'
import { difference, type Phrase } from '../domain/changes.ts'
import { cluster as clusterKind, system as systemKind } from '../domain/resources.ts'
import { explains } from './changes.ts'
import { forEnvironment, workloadSpec, type WorkloadSpec } from './schema.ts'

const installation = {
  name: 'test',
  account: '100000000001',
  region: 'eu-west-1',
  permissionsBoundary: 'fairway-boundary',
  secretRecoveryDays: 30,
  overlap: { least: 600_000, most: 86_400_000 },
}
const apiVersion = 'fairway.dev/v1alpha1'
const system = (spec: object = {}) =>
  systemKind.parse({
    apiVersion,
    kind: 'System',
    metadata: { name: 'claims' },
    spec: { team: 'claims', costCentre: 'CC-1', environments: ['dev'], ...spec },
  })
const cluster = (name = 'dev', account = installation.account): NamedCluster => ({
  name,
  spec: clusterKind.parse({
    apiVersion,
    kind: 'Cluster',
    metadata: { name },
    spec: {
      environment: 'dev',
      aws: { account, region: 'eu-west-1', cluster: 'apps' },
      repository: { url: `https://git.example/${name}.git` },
    },
  }).spec,
})
const spec = (part: object = {}): WorkloadSpec =>
  workloadSpec.parse({ type: 'worker', containers: { main: { image: '.' } }, environments: { dev: {} }, ...part })

function placed(before: object | undefined, after: object | undefined, systemSpec: object = {}): string[] {
  const change = {
    installation,
    system: { name: 'claims', spec: system(systemSpec).spec },
    workload: 'one',
    cluster: cluster(),
    ...(before === undefined ? {} : { before: forEnvironment(spec(before), 'dev') }),
    ...(after === undefined ? {} : { after: forEnvironment(spec(after), 'dev') }),
  }
  return explains.placement.flatMap((explain) => explain(change as never)).map(text)
}

function text({ words, values }: Phrase): string {
  return words.map((word, index) => `${index === 0 ? '' : String(values[index - 1])}${word}`).join('')
}

const allow = (actions: string[], resources: string[], conditions?: object) => ({ actions, resources, conditions })
const aws = (...statements: object[]) => ({ aws: { statements: JSON.parse(JSON.stringify(statements)) as object } })

describe('what a change means', () => {
  it('is nothing when nothing differs, whatever the order of lists that have none', () => {
    const one = { nats: { publish: ['a', 'b'] }, ...aws(allow(['s3:GetObject', 's3:PutObject'], ['arn:aws:s3:::b/*'])) }
    const other = {
      nats: { publish: ['b', 'a'] },
      ...aws(allow(['s3:PutObject', 's3:GetObject'], ['arn:aws:s3:::b/*'])),
    }
    expect(placed(one, other)).toEqual([])
  })

  it('of a statement that is split, or has another action or resource, is that permission and no other', () => {
    const before = aws(allow(['s3:GetObject'], ['arn:aws:s3:::b/*', 'arn:aws:s3:::c/*']))
    const after = aws(
      allow(['s3:GetObject'], ['arn:aws:s3:::c/*']),
      allow(['s3:GetObject', 's3:PutObject'], ['arn:aws:s3:::b/*', 'arn:aws:s3:::d/*']),
    )
    expect(placed(before, after)).toEqual([
      'role: s3:GetObject,s3:PutObject on arn:aws:s3:::d/* added',
      'role: s3:PutObject on arn:aws:s3:::b/* added',
    ])
  })

  it('of a condition is a permission with it instead of the one without', () => {
    const one = allow(['s3:GetObject'], ['arn:aws:s3:::b/*'])
    const conditions = { StringEquals: { 's3:prefix': 'x' } }
    expect(placed(aws(one), aws({ ...one, conditions }))).toEqual([
      'role: s3:GetObject on arn:aws:s3:::b/* if {"StringEquals":{"s3:prefix":"x"}} added',
      'role: s3:GetObject on arn:aws:s3:::b/* removed',
    ])
  })

  it('of a role that is no longer asked for is its removal', () => {
    expect(placed(aws(allow(['s3:GetObject'], ['arn:aws:s3:::b/*'])), {})).toEqual([
      expect.stringMatching(/^IAM role test-dev-claims-one-\w{8}: removed$/),
    ])
  })

  it('P2: of NATS permissions pushes the account and issues nothing; a life counts from the next credentials on', () => {
    const before = { nats: { publish: ['claims.a'], subscribe: ['claims.x'], expiresAfter: '720h' } }
    const after = { nats: { publish: ['claims.a', 'claims.b'], reply: ['claims.r'], expiresAfter: '24h' } }
    expect(placed(before, after)).toEqual([
      'NATS: publish claims.b added',
      'NATS: subscribe claims.x removed',
      'NATS: reply claims.r added',
      'NATS: the account is pushed once, credentials stay',
      'NATS credentials: 720h → 24h, from the next ones on',
    ])
  })

  it('P2: of the time of renewal moves a date and issues nothing', () => {
    const nats = (renewBefore?: string) => ({
      nats: { publish: ['claims.a'], expiresAfter: '720h', ...(renewBefore === undefined ? {} : { renewBefore }) },
    })
    expect(placed(nats(), nats('24h'))).toEqual(['NATS credentials: renewed 24h before their end'])
    expect(placed(nats('24h'), nats())).toEqual(['NATS credentials: renewed when it is usual before their end'])
  })

  it('P2: of a generated secret waits for the next rotation, and another key keeps the value', () => {
    const secret = (generate: object) => ({ secrets: { s: { generate } } })
    expect(placed(secret({ length: 24 }), secret({ length: 48, key: 'token' }))).toEqual([
      'secret s: 24 → 48 characters, from the next rotation on',
      'secret s: the same value under the key token',
    ])
  })

  it('of a secret’s keys names them, never a value, and says who fills them', () => {
    const keys = (...names: string[]) => ({ secrets: { s: { keys: names } } })
    expect(placed(keys('a', 'b'), keys('b', 'c'))).toEqual([
      'secret s: its owner fills c too',
      'secret s: a no longer reaches the pods',
    ])
    expect(placed(keys('a'), { secrets: { s: { generate: {} } } })[0]).toContain('in place of what its owner wrote')
    expect(placed({ secrets: { s: { generate: {} } } }, keys('a'))).toEqual([
      'secret s: its owner takes it over, and fills a',
    ])
    expect(placed(keys('a'), {})).toEqual(['secret s: scheduled for deletion, it can be restored for 30 days'])
  })

  it('of what runs is the members that differ, and the objects that come or go', () => {
    const before = { containers: { main: { image: '.', variables: { LOG: 'info' } } }, scaling: { min: 2 } }
    const after = {
      type: 'service',
      service: { ports: { http: { port: 80 } } },
      containers: { main: { image: '.', variables: { LOG: 'debug', MORE: '1' } } },
      scaling: { min: 2, max: 4 },
    }
    expect(placed(before, after)).toEqual([
      'manifests: HorizontalPodAutoscaler,Service added',
      'containers.main.variables.LOG: info → debug',
      'containers.main.variables.MORE: 1 added',
      'scaling.max: 4 added',
      'service: {"ports":{"http":{"port":80,"protocol":"TCP"}}} added',
      'type: worker → service',
    ])
    const job = { type: 'cronjob', schedule: { cron: '0 3 * * *' } }
    expect(placed(undefined, job)).toContain('manifests: CronJob in https://git.example/dev.git')
    expect(placed(undefined, {}, { networkPolicies: {} })).toContain(
      'manifests: Deployment,PodDisruptionBudget,NetworkPolicy in https://git.example/dev.git',
    )
  })

  it('of an image is what is followed, or pinned', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    expect(placed({ image: { track: 'main-*' } }, { image: { track: 'main-*', digest } })).toEqual([
      `image: main-* → ${digest}`,
    ])
  })

  it('of a repository follows the System’s deletion policy, and the accounts that pull', () => {
    const whole = (before: NamedCluster[], after: NamedCluster[], systemSpec: object = {}) =>
      explains.workload
        .flatMap((explain) =>
          explain({
            installation,
            system: { name: 'claims', spec: system(systemSpec).spec },
            workload: 'one',
            before,
            after,
          }),
        )
        .map(text)
    const [here, there] = [cluster('dev'), cluster('far', '200000000002')]
    expect(whole([], [here])).toEqual(['ECR repository claims/one: made'])
    expect(whole([here], [here])).toEqual([])
    expect(whole([here], [here, there])).toEqual([
      'ECR repository claims/one: may be pulled from by the account of far',
    ])
    expect(whole([here, there], [here])).toEqual(['ECR repository claims/one: no longer pulled from for far'])
    expect(whole([here], [])).toEqual(['ECR repository claims/one: stays, with its images'])
    expect(whole([here], [], { deletionPolicy: 'delete' })).toEqual([
      'ECR repository claims/one: removed, with its images',
    ])
  })
})

describe('the difference of two lists', () => {
  it('is what one has more, each once, in order', () => {
    expect(difference(['b', 'a'], ['c', 'b', 'c', 'aa'])).toEqual({ added: ['aa', 'c'], removed: ['a'] })
    expect(difference()).toEqual({ added: [], removed: [] })
  })
})
