import { DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { manifest } from '../support/controlplane.ts'
import { bad, declare, dev, examine, found, installed, prod } from '../support/doctorworld.ts'
import { controlSecrets } from '../support/memorydoctor.ts'
import type { MemoryWorld } from '../support/memoryworld.ts'

/** The doctor on a healthy world, and on one that is broken in one place at a time: what is around AWS. */

describe('a healthy installation', () => {
  it('has no failed check and no warning, and every check says what it found', async () => {
    const world = await installed()
    const { healthy, findings } = await examine(world)
    expect(findings.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(healthy).toBe(true)
    expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
    expect(findings.every(({ message, what }) => message !== '' && what !== '')).toBe(true)
    expect(findings.length).toBeGreaterThan(35)
  })

  it('P1: is looked at without a write: not to AWS, git, NATS, Port or the table', async () => {
    const world = await installed()
    const before = { writes: world.writes(), head: world.head('cluster-dev') }
    const writing = ['create', 'update', 'remove'] as const
    const table = world.core.table as unknown as Record<string, unknown>
    for (const name of writing) table[name] = () => Promise.reject(new Error(`the doctor called ${name}`))
    world.host.intercept = async ({ kind }) => {
      if (kind === 'push') throw new Error('the doctor pushed')
      return undefined
    }
    expect((await examine(world)).healthy).toBe(true)
    expect({ writes: world.writes(), head: world.head('cluster-dev') }).toEqual(before)
  })

  it('P3: no value of a secret is in the answer, whatever is wrong', async () => {
    const world = await installed()
    const client = world.aws.outside.secretsManager(dev)
    const values = Object.values(controlSecrets).map((value) => `${value}, and broken`)
    for (const [index, name] of Object.keys(controlSecrets).entries()) {
      const command = new PutSecretValueCommand({
        SecretId: `fairway-control/test/${name}`,
        SecretString: ` ${values[index]}`,
      })
      await client.send(command)
    }
    const text = JSON.stringify(await examine(world))
    for (const value of [...values, 'broken', 'MIIE', 'password of git', 'secret of the port client']) {
      expect(text).not.toContain(value)
    }
  })

  it('of one cluster is what that cluster needs, and nothing about others or about sources', async () => {
    const world = await installed()
    const { findings } = await examine(world, 'prod')
    const ids = findings.map(({ id }) => id)
    expect(ids).toContain('eks/prod')
    expect(ids.filter((id) => /dev|source|github\/|resources/.test(id))).toEqual([])
  })

  it('of a cluster that is not declared is an error that names those that are', async () => {
    const world = await installed()
    await expect(world.operate({ operation: 'doctor', cluster: 'staging' })).rejects.toMatchObject({
      message: 'there is no Cluster staging',
      fix: 'declared are: dev, prod',
    })
  })
})

describe('secrets of the control plane', () => {
  const put = (world: MemoryWorld, name: string, SecretString: string) =>
    world.aws.outside
      .secretsManager(dev)
      .send(new PutSecretValueCommand({ SecretId: `fairway-control/test/${name}`, SecretString }))

  it.each([
    ['webhooks/github', 'short', /fewer than 16/],
    ['webhooks/github', 'a secret with a line break\n', /white space/],
    ['webhooks/github', '{"secret": "the console made JSON of it"}', /JSON/],
    ['github', '{"appId": "4711"}', /privateKey/],
    ['port', 'not json', /right form/],
    ['git', '[{"prefix": "git.example", "username": "u", "password": "p"}]', /0\.prefix/],
  ])('%s in the wrong form is failed, and the fix says the right one', async (name, value, message) => {
    const world = await installed()
    await put(world, name, value)
    const finding = await found(world, `secret/${name}`)
    expect(finding).toMatchObject({ result: 'failed', message: expect.stringMatching(message) })
    expect(finding.fix).toContain(`aws secretsmanager put-secret-value --secret-id fairway-control/test/${name}`)
    expect(await bad(world)).toEqual({ [`secret/${name}`]: 'failed' })
  })

  it('one that was never made names the property of the stack', async () => {
    const world = await installed()
    await declare(world, 'Source', 'claims-services', (spec) => spec)
    const text = JSON.stringify({
      apiVersion: 'fairway.dev/v1alpha1',
      kind: 'Source',
      metadata: { name: 'new-services' },
      spec: { type: 'git', url: 'https://git.example/claims/claims-services.git' },
    })
    await world.operate({ operation: 'apply', files: [{ path: 'new.yaml', text }] })
    expect(await found(world, 'secret/webhooks/git/new-services')).toMatchObject({
      result: 'warning',
      fix: expect.stringContaining('gitSources'),
    })
  })

  it('one that is scheduled for deletion is to be restored', async () => {
    const world = await installed()
    const SecretId = 'fairway-control/test/github'
    await world.aws.outside.secretsManager(dev).send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
    expect(await found(world, 'secret/github')).toMatchObject({
      result: 'failed',
      fix: expect.stringContaining(`restore-secret --secret-id ${SecretId}`),
    })
  })
})

describe('GitHub', () => {
  it('an App without a permission or an event is failed, and says which', async () => {
    const world = await installed()
    const rights = { permissions: { contents: 'read', metadata: 'read', checks: 'write' }, events: ['push'] }
    world.doctor.wrong.github = { app: async () => ({ slug: 'fairway', ...rights }) }
    expect(await found(world, 'github/app')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(/contents: write.*pull_requests: read.*event pull_request/),
    })
  })

  it.each([
    ['there is none', { installation: async () => undefined }, /no installation 51423877/, /install the App/],
    [
      'it is suspended',
      { installation: async () => ({ suspended: true, permissions: {}, events: [] }) },
      /suspended/,
      /unsuspend/,
    ],
    [
      'its owner has not accepted new permissions',
      { installation: async () => ({ suspended: false, permissions: { metadata: 'read' }, events: ['push'] }) },
      /lacks/,
      /accept/,
    ],
    ['it does not cover the repository', { repository: async () => undefined }, /734519206/, /repositoryId/],
  ])('an installation: %s', async (_what, github, message, fix) => {
    const world = await installed()
    world.doctor.wrong.github = github
    expect(await found(world, 'github/policy-admin-services')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    })
    expect(Object.keys(await bad(world))).toEqual(['github/policy-admin-services'])
  })

  it('a repository that has another name by now is a warning', async () => {
    const world = await installed()
    world.doctor.wrong.github = { repository: async () => 'acme/renamed' }
    expect(await found(world, 'github/policy-admin-services')).toMatchObject({
      result: 'warning',
      fix: 'correct the url of the Source policy-admin-services',
    })
  })
})

describe('repositories', () => {
  it('an unknown source is failed with what to check', async () => {
    const world = await installed()
    const url = 'https://git.example/claims/gone.git'
    await declare(world, 'Source', 'claims-services', (spec) => ({ ...spec, url }))
    expect(await found(world, 'source/claims-services')).toMatchObject({
      result: 'failed',
      message: `${url} was not found`,
      fix: 'check the URL',
    })
  })

  it('a cluster repository that refuses a push is failed, and nothing was pushed to find out', async () => {
    const world = await installed()
    world.doctor.wrong.forbidden.add('https://github.example/acme/cluster-dev.git')
    expect(await found(world, 'repository/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('403'),
      fix: 'let Fairway write',
    })
    expect(await bad(world)).toEqual({ 'repository/dev': 'failed' })
  })

  it('a branch that is not there is failed; one that a rule may protect cannot be told, and that is said', async () => {
    const world = await installed()
    expect((await found(world, 'repository/prod')).message).toMatch(/protects the branch shows at the first push/)
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    await declare(world, 'Cluster', 'dev', (spec) => ({
      ...spec,
      repository: { url: 'https://github.example/acme/cluster-dev.git', branch: 'live' },
    }))
    expect(await found(world, 'repository/dev')).toMatchObject({
      result: 'failed',
      message: 'there is no branch live',
      fix: expect.stringContaining('spec.repository.branch of Cluster dev'),
    })
  })
})

describe('Port', () => {
  it('a missing blueprint is named', async () => {
    const world = await installed()
    world.doctor.wrong.blueprints.push('fairway_placement')
    expect(await found(world, 'port')).toMatchObject({
      result: 'failed',
      message: 'Port has no blueprint fairway_placement',
      fix: expect.stringContaining('examples/portal/port'),
    })
  })

  it('that does not answer is a failed check and not an error', async () => {
    const world = await installed()
    world.doctor.wrong.portal = new RetryLater('Port did not answer')
    expect(await found(world, 'port')).toMatchObject({ result: 'failed', message: 'Port did not answer' })
  })
})

describe('the functions and NATS', () => {
  it('a function without a way into an account is failed, with what that function was told', async () => {
    const world = await installed()
    world.control.awsFault = (call) =>
      call.service === 'sts' && call.account === prod.account
        ? {
            kind: 'error-before',
            error: Object.assign(new Error('not authorized to perform: sts:AssumeRole'), {
              name: 'AccessDenied',
              $metadata: { httpStatusCode: 403 },
            }),
          }
        : undefined
    const wrong = await bad(world)
    const place = `${prod.account}/${prod.region}`
    expect(Object.keys(wrong).toSorted()).toEqual(
      ['iam', 'nats', 'secrets', 'tenancy'].map((name) => `capability/${name}/${place}`).concat('nats/prod'),
    )
    expect((await found(world, `capability/iam/${place}`)).message).toMatch(/sts:AssumeRole/)
  })

  it('servers that do not answer are failed for each cluster', async () => {
    const world = await installed()
    world.provider.faults.unreachable = true
    expect(await found(world, 'nats/dev')).toMatchObject({
      result: 'failed',
      message: 'NATS could not be reached',
      fix: expect.stringContaining('spec.nats of Cluster dev'),
    })
    expect(await bad(world)).toEqual({ 'nats/dev': 'failed', 'nats/prod': 'failed' })
  })
})
