import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { ListTargetsByRuleCommand, PutTargetsCommand, RemoveTargetsCommand } from '@aws-sdk/client-eventbridge'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { DescribeSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { createHmac, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readerRoleName, roleName, secretName } from '../../domain/names.ts'
import type { Outcome } from '../../flow/outcome.ts'
import type { Held } from '../../flow/lease.ts'
import { operate } from '../../flow/operate.ts'
import { rules } from '../../infra/rules.ts'
import type { Stage } from '../../infra/stages.ts'
import { handler as ecr } from '../../lambdas/ecr/handler.ts'
import { handler as iam } from '../../lambdas/iam/handler.ts'
import { handler as intake } from '../../lambdas/intake/handler.ts'
import { handler as lease } from '../../lambdas/lease/handler.ts'
import { functionMilliseconds } from '../../lambdas/runtime/core.ts'
import { operateRuntime } from '../../lambdas/runtime/operate.ts'
import { handler as secrets } from '../../lambdas/secrets/handler.ts'
import { handler as source } from '../../lambdas/source/handler.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { handler as tenancy } from '../../lambdas/tenancy/handler.ts'
import { invoke, type Handler } from '../../local/invoke.ts'
import { manifest } from '../support/controlplane.ts'
import type { Account } from './account.ts'
import { away, deploy, home, names } from './deployed.ts'
import { binary, motoMayBeAbsent, startingMoto, startMoto, type Moto } from './server.ts'

/**
 * The functions as they are deployed, with the environment and the resources that the templates give them: their own
 * SDK clients, the table, bus and secrets of the stack, and the way into a member account.
 */

motoMayBeAbsent()

describe.skipIf(binary === undefined)('the deployed functions on moto', { timeout: 120_000 }, () => {
  let moto: Moto
  let aws: Account
  let there: Account
  let held: Held

  beforeAll(async () => {
    redirectTelemetry(() => undefined)
    moto = await startMoto(binary ?? '')
    ;({ aws, there } = await deploy(moto.endpoint))
    await listenAtRules()
    await environmentOf('secrets')
  }, startingMoto + 120_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    redirectTelemetry(undefined)
    await moto?.stop()
  })

  /** As Lambda gives it, from the function that the stack made. */
  async function environmentOf(stage: Stage): Promise<void> {
    const asked = new GetFunctionConfigurationCommand({ FunctionName: names.stage(stage) })
    const { Environment } = await aws.lambda.send(asked)
    const { accessKeyId, secretAccessKey, sessionToken } = await aws.dynamoDb.config.credentials()
    const lambda = {
      AWS_REGION: home.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: moto.endpoint,
    }
    for (const [name, value] of Object.entries({ ...Environment?.Variables, ...lambda })) vi.stubEnv(name, value)
  }

  const call = (handler: Handler, event: object) => invoke('function', handler, event, functionMilliseconds)
  const provision = (handler: Handler, of: object) => call(handler, of) as Promise<Outcome>
  const queueOf = (rule: string) => names.with(`heard-${rule}`)
  /** Events that the stack's rule of this name has taken so far. */
  const heard = async (rule: string) => {
    const { QueueUrl } = await aws.api.json('sqs', 'AmazonSQS.GetQueueUrl', { QueueName: queueOf(rule) })
    const asked = { QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }
    const { Attributes } = await aws.api.json('sqs', 'AmazonSQS.GetQueueAttributes', asked)
    return Number((Attributes as { ApproximateNumberOfMessages: string }).ApproximateNumberOfMessages)
  }
  /** moto hands no event to a state machine, and ends with 500: a queue stands for it. The patterns stay. */
  async function listenAtRules(): Promise<void> {
    for (const { name } of rules) {
      const of = { Rule: names.with(name), EventBusName: names.base }
      const { Targets = [] } = await aws.eventBridge.send(new ListTargetsByRuleCommand(of))
      await aws.eventBridge.send(new RemoveTargetsCommand({ ...of, Ids: Targets.map(({ Id = '' }) => Id) }))
      await aws.api.json('sqs', 'AmazonSQS.CreateQueue', { QueueName: queueOf(name) })
      const Arn = `arn:aws:sqs:${home.region}:${home.account}:${queueOf(name)}`
      await aws.eventBridge.send(new PutTargetsCommand({ ...of, Targets: [{ Id: 'queue', Arn }] }))
    }
  }
  const workload = { workload: 'claims/filing' }

  it('declare into the stack’s table, and tell the stack’s bus', async () => {
    const platform = new URL('../../examples/platform/', import.meta.url)
    const files = await Promise.all(
      (await readdir(platform)).map(async (path) => ({ path, text: await readFile(new URL(path, platform), 'utf8') })),
    )
    const text = manifest('filing', [
      'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
      'secrets: { session: { generate: { length: 48 } } }',
    ]).replace('{ dev: {} }', '{ prod: {} }')
    const ports = await operateRuntime()
    const platformApplied = await operate(ports, 'test', { operation: 'apply', files })
    expect(platformApplied.problems ?? []).toEqual([])
    const applied = await operate(ports, 'test', { operation: 'apply', files: [{ path: 'filing.yaml', text }] })
    expect(applied.problems ?? []).toEqual([])
    expect(await heard('workload-changed')).toBe(1)
    expect(await heard('system-changed')).toBeGreaterThan(0)
    held = (await call(lease, {
      operation: 'acquire',
      machine: 'reconcile',
      kind: 'Workload',
      name: 'claims/filing',
      holder: 'test',
    })) as Held
    expect(held).toMatchObject({ result: 'acquired', work: 'reconcile', placements: [{ cluster: 'prod' }] })
  })

  it('work in their own account, and find nothing to do the second time', async () => {
    const of = { ...workload, fence: held.fence }
    expect(await provision(ecr, of)).toMatchObject({ ok: true, result: expect.stringMatching(/created|updated/) })
    expect(await provision(ecr, of)).toMatchObject({ ok: true, result: 'unchanged', applied: [] })
    const asked = new DescribeRepositoriesCommand({ repositoryNames: ['claims/filing'] })
    const { repositories } = await aws.ecr.send(asked)
    expect(repositories?.[0]?.registryId).toBe(home.account)
  })

  it.each([
    ['iam', iam],
    ['secrets', secrets],
  ] as const)('work in a member account through the role that its template made: %s', async (_stage, handler) => {
    const of = { ...workload, fence: held.fence, cluster: 'prod' }
    expect(await provision(handler, of)).toMatchObject({ ok: true, result: expect.stringMatching(/created|updated/) })
    expect(await provision(handler, of)).toMatchObject({ ok: true, result: 'unchanged', applied: [] })
  })

  it('make roles within the boundaries of that account, and secrets in its region, and none in their own', async () => {
    const RoleName = roleName('acme', 'prod', 'claims', 'filing')
    const { Role } = await there.iam.send(new GetRoleCommand({ RoleName }))
    const boundary = `arn:aws:iam::${away.account}:policy/fairway/${names.boundary}`
    expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(boundary)
    await expect(aws.iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
    })
    const SecretId = secretName('acme', 'prod', 'claims', 'filing', 'session')
    const { ARN } = await there.secretsManager.send(new DescribeSecretCommand({ SecretId }))
    expect(ARN).toContain(`:${away.region}:${away.account}:`)
  })

  it('make what a system has in a cluster of a member account', async () => {
    const of = { operation: 'acquire', machine: 'reconcile', kind: 'System', name: 'claims', holder: 'test' }
    const { fence } = (await call(lease, of)) as Held
    const asked = { system: 'claims', fence, cluster: 'prod' }
    expect(await provision(tenancy, asked)).toMatchObject({
      ok: true,
      result: expect.stringMatching(/created|updated/),
    })
    expect(await provision(tenancy, asked)).toMatchObject({ ok: true, result: 'unchanged' })
    const RoleName = readerRoleName('acme', 'prod', 'claims')
    const { Role } = await there.iam.send(new GetRoleCommand({ RoleName }))
    expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toMatch(/-boundary-reader$/)
  })

  it('take a webhook that is signed with the secret that a person filled in', async () => {
    const SecretId = `fairway-control/acme/webhooks/git/claims-services`
    const body = JSON.stringify({
      repository: 'claims-services',
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: '1'.repeat(40),
    })
    const send = (secret: string) =>
      call(intake, {
        requestContext: { http: { method: 'POST', path: '/webhooks/git/claims-services' } },
        rawPath: '/webhooks/git/claims-services',
        headers: {
          'x-fairway-delivery': randomUUID(),
          'x-fairway-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
        isBase64Encoded: false,
      }) as Promise<{ readonly statusCode: number }>
    expect((await send('guessed')).statusCode).toBeGreaterThanOrEqual(400)
    await aws.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'filled in' }))
    const before = await heard('source-changed')
    expect(await send('guessed')).toMatchObject({ statusCode: 401 })
    expect(await heard('source-changed')).toBe(before)
    expect(await send('filled in')).toMatchObject({ statusCode: 202 })
    expect(await heard('source-changed')).toBe(before + 1)
  })

  it('look at the sources of the stack’s table, and tell the stack’s bus which to read', async () => {
    const before = await heard('source-changed')
    await call(source, { operation: 'heads' })
    expect(await heard('source-changed')).toBeGreaterThan(before)
  })
})
