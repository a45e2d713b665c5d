import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { callAws, callAwsWithSecret } from '../../domain/awserrors.ts'
import { systemRandom } from '../../domain/effects.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { readConfig } from '../config.ts'
import { clientOptions, perTarget } from './clients.ts'

const environment = {
  FAIRWAY_INSTALLATION: 'acme',
  FAIRWAY_ACCOUNT: '111122223333',
  AWS_REGION: 'eu-west-1',
  FAIRWAY_TABLE: 't',
  FAIRWAY_BUS: 'b',
}
const joined = {
  ...environment,
  FAIRWAY_MEMBERS: '444455556666,777788889999',
  FAIRWAY_MEMBER_ROLE: 'arn:aws:iam::{account}:role/fairway-control/fairway-acme-{capability}',
  FAIRWAY_EXTERNAL_ID: 'fairway-acme',
}
const own = { account: '111122223333', region: 'eu-central-1' }
const other = { account: '444455556666', region: 'ap-south-1' }

describe('clients', () => {
  it('use the function’s own credentials in its own account, in the region of the cluster', () => {
    expect(clientOptions(readConfig(joined), 'iam', own)).toEqual({
      region: 'eu-central-1',
      maxAttempts: 4,
      retryMode: 'adaptive',
    })
  })

  it('never reach into another account with the control plane’s own credentials', async () => {
    const config = readConfig(environment)
    expect(() => clientOptions(config, 'iam', other)).toThrow(Terminal)
    await expect(perTarget((target) => clientOptions(config, 'iam', target))(other)).rejects.toThrow('444455556666')
  })

  it('never reach into an account that is not listed, and say where to list it', () => {
    const stranger = { ...other, account: '999999999999' }
    const refused = () => clientOptions(readConfig(joined), 'iam', stranger)
    expect(refused).toThrow('no way into the account 999999999999')
    expect(refused).toThrow(expect.objectContaining({ name: 'Terminal', fix: expect.stringContaining('`members`') }))
  })

  it('never reach into another partition, where their credentials are worth nothing', () => {
    const china = { ...other, region: 'cn-north-1' }
    expect(() => clientOptions(readConfig(joined), 'iam', china)).toThrow('partition aws-cn')
  })

  it('are made once for each account and region', async () => {
    let made = 0
    const remotes = perTarget(() => ({ number: ++made }))
    await Promise.all([remotes(own), remotes(own), remotes(other)])
    expect(made).toBe(2)
  })
})

describe('clients of another account, through the SDK', () => {
  let aws: FakeAws
  beforeEach(async () => {
    aws = await fakeAws()
    vi.stubEnv('AWS_ENDPOINT_URL', aws.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACONTROLPLANE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of-the-function')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await new Promise((resolve) => aws.server.close(resolve))
  })

  const read = (capability = 'iam') => {
    const client = new IAMClient({ ...clientOptions(readConfig(joined), capability, other), maxAttempts: 1 })
    return callAws('read role x', () => client.send(new GetRoleCommand({ RoleName: 'x' })))
  }

  it('take on the role of their own capability there, with the external id, and work with what they get', async () => {
    await read('tenancy')
    const [taken, call] = aws.requests
    expect(Object.fromEntries(taken?.form ?? [])).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: 'arn:aws:iam::444455556666:role/fairway-control/fairway-acme-tenancy',
      RoleSessionName: 'fairway-tenancy',
      ExternalId: 'fairway-acme',
    })
    // No tags: the role's trust does not allow sts:TagSession.
    expect([...(taken?.form.keys() ?? [])].filter((name) => name.startsWith('Tags'))).toEqual([])
    expect(call?.form.get('Action')).toBe('GetRole')
    expect(call?.headers.authorization).toContain('Credential=ASIAMEMBER/')
    expect(call?.headers['x-amz-security-token']).toBe('token of the member')
  })

  it('ask the STS of the control plane’s own region, which knows it, whatever region the cluster is in', async () => {
    await read()
    expect(aws.requests[0]?.headers.authorization).toMatch(/Credential=AKIACONTROLPLANE\/\d+\/eu-west-1\/sts\//)
  })

  it('say what to deploy where the role is not there or does not trust them', async () => {
    aws.answer = [403, 'AccessDenied']
    const error = await read().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Terminal)
    expect(error).toMatchObject({
      message: expect.stringContaining('role/fairway-control/fairway-acme-iam'),
      fix: expect.stringContaining('deploy MemberAccount in 444455556666'),
    })
    expect(aws.requests).toHaveLength(1)
  })

  it('try again later where STS is out of order', async () => {
    aws.answer = [503, 'ServiceUnavailable']
    await expect(read()).rejects.toBeInstanceOf(RetryLater)
  })
})

describe('clients that are throttled, through the SDK', () => {
  let aws: FakeAws
  beforeEach(async () => {
    aws = await fakeAws()
    vi.stubEnv('AWS_ENDPOINT_URL', aws.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACONTROLPLANE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of-the-function')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await new Promise((resolve) => aws.server.close(resolve))
  })

  const remotes = perTarget((target) => {
    const options = { ...clientOptions(readConfig(joined), 'secrets', target), maxAttempts: 2 }
    return { iam: new IAMClient(options), secretsManager: new SecretsManagerClient(options), random: systemRandom }
  })

  it('try again, and then say which service it was: SDK errors do not', async () => {
    aws.refusal = [400, 'Throttling']
    const { iam, secretsManager } = await remotes(own)
    const role = callAws('read role x', () => iam.send(new GetRoleCommand({ RoleName: 'x' })))
    await expect(role).rejects.toMatchObject({ name: 'RetryLater', throttled: { service: 'iam' } })
    expect(aws.requests).toHaveLength(2)
    const secret = callAwsWithSecret('read it', () => secretsManager.send(new GetSecretValueCommand({ SecretId: 'x' })))
    await expect(secret).rejects.toMatchObject({ name: 'RetryLater', throttled: { service: 'secretsmanager' } })
  })

  it('say nothing of the kind about an outage', async () => {
    aws.refusal = [503, 'ServiceUnavailable']
    const { iam } = await remotes(own)
    const error = await callAws('read role x', () => iam.send(new GetRoleCommand({ RoleName: 'x' }))).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).throttled).toBeUndefined()
  })
})

describe('the configuration', () => {
  it('names every variable that is missing or wrong', () => {
    expect(() => readConfig({ ...environment, FAIRWAY_TABLE: '', FAIRWAY_ACCOUNT: '1' })).toThrow(
      /FAIRWAY_ACCOUNT, FAIRWAY_TABLE/,
    )
    expect(() => readConfig({ ...environment, FAIRWAY_MEMBERS: '444455556666,1' })).toThrow(/FAIRWAY_MEMBERS/)
  })
})

interface FakeAws {
  readonly url: string
  readonly server: Server
  readonly requests: { readonly form: URLSearchParams; readonly headers: IncomingMessage['headers'] }[]
  /** Status and code of what STS answers, where it refuses. */
  answer?: readonly [number, string]
  /** The same of every call. */
  refusal?: readonly [number, string]
}

/** STS and IAM, which speak the same protocol, on one port. */
async function fakeAws(): Promise<FakeAws> {
  const requests: FakeAws['requests'] = []
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      requests.push({ form, headers: request.headers })
      if (aws.refusal && request.headers['content-type']?.includes('json')) {
        response.writeHead(aws.refusal[0], { 'content-type': 'application/x-amz-json-1.1' })
        return response.end(JSON.stringify({ __type: `${aws.refusal[1]}Exception`, message: 'no' }))
      }
      const [status, body] = answerTo(form.get('Action'), aws)
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const aws: FakeAws = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests }
  return aws
}

function answerTo(action: string | null, { answer, refusal = answer }: FakeAws): [number, string] {
  if (action === 'GetRole' && (answer !== undefined || refusal === undefined)) {
    const role = '<RoleName>x</RoleName><Path>/</Path><RoleId>x</RoleId><Arn>a</Arn>'
    const date = '<CreateDate>2026-01-01T00:00:00Z</CreateDate>'
    return [200, `<GetRoleResponse><GetRoleResult><Role>${role}${date}</Role></GetRoleResult></GetRoleResponse>`]
  }
  if (refusal) {
    const [status, code] = refusal
    return [status, `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`]
  }
  const keys = '<AccessKeyId>ASIAMEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>'
  const session = '<SessionToken>token of the member</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>'
  const result = `<AssumeRoleResult><Credentials>${keys}${session}</Credentials></AssumeRoleResult>`
  return [200, `<AssumeRoleResponse>${result}</AssumeRoleResponse>`]
}
