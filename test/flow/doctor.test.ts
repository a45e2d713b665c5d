import { CreateClusterCommand, CreateAddonCommand, DeleteAddonCommand } from '@aws-sdk/client-eks'
import { CreatePolicyCommand, DeletePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { Finding } from '../../flow/doctor/check.ts'
import { registerController, registerPodIdentityAgent } from '../../local/aws/index.ts'
import { CreateKeyCommand, DisableKeyCommand } from '../../local/aws/kms/commands.ts'
import { manifest } from '../support/controlplane.ts'
import { controlSecrets, fillSecrets } from '../support/memorydoctor.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** The deployed doctor on the whole memory world: healthy, and broken in one place at a time. */

const dev = { account: '100000000001', region: 'eu-west-1' }
const prod = { account: '200000000002', region: 'eu-central-1' }
const issuer = 'oidc.eks.eu-central-1.amazonaws.com/id/6F1E2D3C4B5A69788796A5B4C3D2E1F0'
const controller = {
  name: 'fairway-external-secrets',
  namespace: 'external-secrets',
  serviceAccount: 'external-secrets',
}

/** Everything that an installer has to do is done. */
async function installed(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await fillSecrets(world.aws.outside.secretsManager(dev))
  await registerPodIdentityAgent(world.aws, { ...dev, name: 'apps-dev' })
  await registerController(world.aws, { ...dev, cluster: 'apps-dev', ...controller })
  await registerController(world.aws, { ...prod, cluster: 'apps-prod', ...controller, issuer })
  return world
}

async function examine(world: MemoryWorld, cluster?: string) {
  const request = { operation: 'doctor', ...(cluster === undefined ? {} : { cluster }) } as const
  const { diagnosis } = await world.operate(request)
  if (diagnosis === undefined) throw new Error('no diagnosis')
  return diagnosis
}

async function found(world: MemoryWorld, id: string): Promise<Finding> {
  const { findings } = await examine(world)
  const finding = findings.find((one) => one.id === id)
  if (finding === undefined) throw new Error(`no ${id} among ${findings.map((one) => one.id).join(', ')}`)
  return finding
}

/** What is not ok, by id. */
async function bad(world: MemoryWorld): Promise<Record<string, string>> {
  const { findings } = await examine(world)
  const notOk = findings.filter(({ result }) => result === 'failed' || result === 'warning')
  return Object.fromEntries(notOk.map(({ id, result }) => [id, result]))
}

async function declare(world: MemoryWorld, kind: string, name: string, change: (spec: object) => object) {
  const record = await world.store.get({ kind: kind as 'Cluster', name })
  const text = JSON.stringify({
    apiVersion: 'fairway.dev/v1alpha1',
    kind,
    metadata: { name },
    spec: change(record?.spec as object),
  })
  await world.operate({ operation: 'apply', files: [{ path: 'changed.yaml', text }] })
}

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

describe('accounts', () => {
  it('a boundary that was removed is failed, and the stack that makes it is named', async () => {
    const world = await installed()
    const PolicyArn = `arn:aws:iam::${prod.account}:policy/fairway/fairway-boundary`
    await world.aws.outside.iam(prod).send(new DeletePolicyCommand({ PolicyArn }))
    expect(await found(world, `boundary/${prod.account}/fairway-boundary`)).toMatchObject({
      result: 'failed',
      message: expect.stringContaining(PolicyArn),
      fix: expect.stringContaining(`MemberAccount in account ${prod.account}`),
    })
    expect(Object.keys(await bad(world))).toEqual([`boundary/${prod.account}/fairway-boundary`])
  })

  it('a boundary of another account is none of this one', async () => {
    const world = await installed()
    const PolicyArn = `arn:aws:iam::${dev.account}:policy/fairway/fairway-boundary-reader`
    await world.aws.outside.iam(dev).send(new DeletePolicyCommand({ PolicyArn }))
    const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    await world.aws.outside
      .iam(dev)
      .send(new CreatePolicyCommand({ PolicyName: 'fairway-boundary-reader', PolicyDocument }))
    expect(Object.keys(await bad(world))).toEqual([`boundary/${dev.account}/fairway-boundary-reader`])
  })

  it('roles near their quota are a warning, and at it a failure', async () => {
    const nearly = await installed()
    const roles = (used: number) => async () => ({ used, quota: 1000 })
    const { accountChecks } = await import('../../flow/doctor/accounts.ts')
    const installation = nearly.core.installation
    const spec = (await nearly.store.get({ kind: 'Cluster', name: 'dev' }))?.spec
    const result = async (used: number) => {
      const account = async () => ({ roles: roles(used) }) as never
      const checks = accountChecks({ account, installation }, [{ name: 'dev', spec: spec as never }])
      return (await checks.find(({ id }) => id.startsWith('quota/'))?.run())?.result
    }
    expect([await result(799), await result(800), await result(1000)]).toEqual(['ok', 'warning', 'failed'])
  })
})

describe('clusters', () => {
  it('without the Pod Identity agent no pod gets its role, and the command that adds it is given', async () => {
    const world = await installed()
    const input = { clusterName: 'apps-dev', addonName: 'eks-pod-identity-agent' }
    await world.aws.outside.eks(dev).send(new DeleteAddonCommand(input))
    expect(await found(world, 'identity/dev')).toMatchObject({
      result: 'failed',
      fix: expect.stringContaining(
        'aws eks create-addon --cluster-name apps-dev --addon-name eks-pod-identity-agent --region eu-west-1',
      ),
    })
    await world.aws.outside.eks(dev).send(new CreateAddonCommand(input))
    expect(await bad(world)).toEqual({})
  })

  it('EKS Auto Mode brings the agent', async () => {
    const world = await installed()
    const command = new CreateClusterCommand({
      name: 'auto',
      roleArn: `arn:aws:iam::${dev.account}:role/eks`,
      resourcesVpcConfig: {},
      computeConfig: { enabled: true },
    })
    await world.aws.outside.eks(dev).send(command)
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'auto' } }))
    expect(await found(world, 'identity/dev')).toMatchObject({ result: 'ok', message: expect.stringContaining('Auto') })
  })

  it('an EKS cluster that is not there is failed', async () => {
    const world = await installed()
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'elsewhere' } }))
    expect(await found(world, 'eks/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('elsewhere'),
      fix: expect.stringContaining('Cluster dev'),
    })
  })

  it('with IRSA the issuer of the Cluster must be that of the cluster', async () => {
    const world = await installed()
    const other = `${issuer.slice(0, -1)}1`
    await declare(world, 'Cluster', 'prod', (spec) => ({
      ...spec,
      aws: { ...prod, cluster: 'apps-prod', oidcProvider: other },
    }))
    expect(await found(world, 'identity/prod')).toMatchObject({
      result: 'failed',
      message: `the cluster’s issuer is ${issuer}, and the Cluster says ${other}`,
      fix: expect.stringContaining('spec.aws.oidcProvider'),
    })
  })

  it('the key of secrets: missing, of another region, and disabled are three failures', async () => {
    const world = await installed()
    const { KeyMetadata } = await world.aws.outside.kms(dev).send(new CreateKeyCommand())
    const arn = KeyMetadata?.Arn ?? ''
    const name = (secretsKey: string) =>
      declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'apps-dev', secretsKey } }))
    await name(arn)
    expect(await found(world, 'key/dev')).toMatchObject({ result: 'ok' })
    await world.aws.outside.kms(dev).send(new DisableKeyCommand({ KeyId: arn }))
    expect(await found(world, 'key/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('Disabled'),
      fix: `aws kms enable-key --key-id ${arn} --region eu-west-1`,
    })
    await name(arn.replace('eu-west-1', 'eu-west-2'))
    expect((await found(world, 'key/dev')).message).toMatch(/its own region/)
    await name(`${arn.slice(0, -4)}0000`)
    expect((await found(world, 'key/dev')).message).toMatch(/no such key/)
  })
})

describe('the External Secrets controller', () => {
  const trust = (world: MemoryWorld, place: typeof dev, statement: object) =>
    world.aws.outside.iam(place).send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: controller.name,
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }),
      }),
    )
  const pods = { Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] }
  const federated = {
    Principal: { Federated: `arn:aws:iam::${prod.account}:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
  }

  it.each([
    ['another service', { Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }, /pods\.eks/],
    ['no session tags', { ...pods, Action: 'sts:AssumeRole' }, /tag the session/],
    [
      'another cluster',
      { ...pods, Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:eks:eu-west-1:100000000001:cluster/other' } } },
      /aws:SourceArn/,
    ],
  ])('with Pod Identity: a role that trusts %s is failed', async (_what, statement, message) => {
    const world = await installed()
    await trust(world, dev, statement)
    expect(await found(world, 'external-secrets/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(message),
      fix: expect.stringContaining('fairway bootstrap cluster dev'),
    })
  })

  it.each([
    [
      'another issuer',
      { ...federated, Principal: { Federated: 'arn:aws:iam::200000000002:oidc-provider/x' } },
      /issuer/,
    ],
    [
      'another service account',
      { ...federated, Condition: { StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:other:*' } } },
      /:sub/,
    ],
  ])('with IRSA: a role that trusts %s is failed', async (_what, statement, message) => {
    const world = await installed()
    await trust(world, prod, statement)
    expect(await found(world, 'external-secrets/prod')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(message),
    })
  })

  it('one whose service account has no role is failed, and the command that gives it one is given', async () => {
    const world = await installed()
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, externalSecrets: { namespace: 'eso' } }))
    expect(await found(world, 'external-secrets/dev')).toMatchObject({
      result: 'failed',
      message: 'no role is associated with eso/external-secrets',
      fix: expect.stringContaining('aws eks create-pod-identity-association --cluster-name apps-dev --namespace eso'),
    })
  })
})

describe('resources', () => {
  it('a source with problems is failed, and one that waits for a go a warning', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': 'kind: [Workload' })
    expect(await found(world, 'resources/sources')).toMatchObject({
      result: 'failed',
      message: 'claims-services has 1 problem',
    })
    const two = { 'one.yaml': '', '.fairway/one.yaml': manifest('one'), '.fairway/two.yaml': manifest('two') }
    await world.push('claims-services', two)
    await world.push('claims-services', { 'fairway.yaml': '' })
    expect(await found(world, 'resources/sources')).toMatchObject({
      result: 'warning',
      message: 'claims-services waits for a go for 2 removals',
    })
  })

  it('a workload that failed is reported when that lasts, and one that waits for its image after a day', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    expect(await found(world, 'resources/waiting')).toMatchObject({ result: 'ok' })
    world.clock.advance(25 * 3_600_000)
    expect(await found(world, 'resources/waiting')).toMatchObject({
      result: 'warning',
      message: 'claims/one is AwaitingImage',
    })
    world.provider.faults.unreachable = true
    await world.push('claims-services', { 'fairway.yaml': manifest('one', ['nats: { publish: [claims.x] }']) })
    expect(await found(world, 'resources/unsettled')).toMatchObject({ result: 'ok' })
    world.clock.advance(31 * 60_000)
    expect(await found(world, 'resources/unsettled')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(/^Workload claims\/one is Failed for 3\d minutes$/),
      fix: expect.stringContaining('fairway status'),
    })
  })

  it('a lease that ran out long ago says that the sweep does not run', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    await world.store.leases.acquire({ kind: 'Workload', name: 'claims/one' }, 'an execution that died')
    expect(await found(world, 'resources/overdue')).toMatchObject({ result: 'ok' })
    world.clock.advance(21 * 60_000)
    expect(await found(world, 'resources/overdue')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('Workload claims/one'),
      fix: expect.stringContaining('sweep'),
    })
  })
})
