import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromAws, isNotFound } from '../../domain/awserrors.ts'
import { Terminal } from '../../domain/errors.ts'
import { CreateKeyCommand, DisableKeyCommand } from '../../local/aws/kms/commands.ts'
import { findMoto, startMoto, type Moto } from '../../test/conformance/moto.ts'
import { DescribeKeyCommand, kmsClient } from './kms.ts'

const credentials = async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'none', sessionToken: 'session' })
const region = 'eu-west-1'
const now = () => Date.UTC(2026, 0, 2)

describe('one call of KMS', () => {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = []
  let answer = { status: 200, body: '{"KeyMetadata":{"KeyState":"Enabled"}}' }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ headers: request.headers, body })
      response.writeHead(answer.status).end(answer.body)
    })
  })
  let client: ReturnType<typeof kmsClient>
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    client = kmsClient({ region, credentials, endpoint, now })
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('is signed for KMS, with the session, the target and the body', async () => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'k' }))
    expect(KeyMetadata?.KeyState).toBe('Enabled')
    const { headers, body } = seen[0] as (typeof seen)[number]
    expect(body).toBe('{"KeyId":"k"}')
    expect(headers['x-amz-target']).toBe('TrentService.DescribeKey')
    expect(headers['x-amz-security-token']).toBe('session')
    expect(headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIATEST\/20260102\/eu-west-1\/kms\/aws4_request, SignedHeaders=[a-z0-9;-]*x-amz-target/,
    )
  })

  it('that is refused is an error as the SDK has them', async () => {
    answer = { status: 400, body: '{"__type":"com.amazonaws.kms#NotFoundException","message":"no such key"}' }
    const missing = await client.send(new DescribeKeyCommand({ KeyId: 'k' })).catch((error: unknown) => error)
    expect(isNotFound(missing)).toBe(true)
    answer = { status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' }
    const denied = await client.send(new DescribeKeyCommand({ KeyId: 'k' })).catch((error: unknown) => error)
    expect(fromAws(denied, 'read a key')).toBeInstanceOf(Terminal)
  })
})

const binary = findMoto()

describe.runIf(binary)('beside moto', () => {
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
  }, 150_000)
  afterAll(() => moto.stop())

  it('a key is found by its ARN, with its state; one that is not there is not found', async () => {
    const lasting = async () => ({ accessKeyId: 'conformance', secretAccessKey: 'none' })
    const client = kmsClient({ region, credentials: lasting, endpoint: moto.endpoint, now: Date.now })
    const { KeyMetadata } = await client.send(new CreateKeyCommand())
    const command = new DescribeKeyCommand({ KeyId: KeyMetadata?.Arn ?? '' })
    expect((await client.send(command)).KeyMetadata?.KeyState).toBe('Enabled')
    // By its id: moto fails over an ARN here.
    await client.send(new DisableKeyCommand({ KeyId: KeyMetadata?.Arn?.split('/')[1] ?? '' }))
    expect((await client.send(command)).KeyMetadata?.KeyState).toBe('Disabled')
    const other = 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000'
    const missing = await client.send(new DescribeKeyCommand({ KeyId: other })).catch((error: unknown) => error)
    expect(isNotFound(missing)).toBe(true)
  })
})
