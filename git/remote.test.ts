import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FairwayError, RetryLater, Terminal } from '../domain/errors.ts'
import type { GitCredentials } from '../domain/git.ts'
import { SecretValue } from '../domain/secret.ts'
import { steppedClock } from '../test/contract/gitworlds.ts'
import { readAdvertisement } from './advertisement.ts'
import { flushPacket, packet } from './packetline.ts'
import { gitSourceReader } from './read.ts'
import { gitRemote } from './remote.ts'

const password = 'hunter2-very-secret'
const credentials: GitCredentials = async () => ({ username: 'robot', password: new SecretValue(password) })
const advertisementType = { 'content-type': 'application/x-git-upload-pack-advertisement' }
const clock = steppedClock()

let answer: (request: IncomingMessage, response: ServerResponse) => void
let seen: { url: string; authorization: string | undefined }[]
const server = createServer((request, response) => {
  seen.push({ url: request.url ?? '', authorization: request.headers.authorization })
  answer(request, response)
})
let url: string

beforeEach(async () => {
  seen = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/team/quotes.git`
})
afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
})

async function failure(known = credentials, timeout = 20_000): Promise<FairwayError> {
  const remote = gitRemote({ credentials: known, clock, timeout })
  const error: unknown = await readAdvertisement(remote, url).catch((thrown: unknown) => thrown)
  const everything = JSON.stringify([error, (error as Error).message, (error as Terminal).fix, String(error)])
  expect(everything).not.toContain(password)
  expect(everything).not.toContain(Buffer.from(`robot:${password}`).toString('base64'))
  expect(everything).not.toContain('body of the server')
  return error as FairwayError
}

function answerWith(status: number, headers: Record<string, string> = {}): void {
  answer = (_, response) =>
    response.writeHead(status, headers).end('body of the server, which repeats hunter2-very-secret')
}

describe('an answer that is not 200', () => {
  it.each([
    [401, /did not accept the credentials/, /renew/],
    [203, /did not accept the credentials/, /renew/],
    [403, /forbids reading/, /let Fairway’s user read/],
    [404, /was not found \(404\), or these credentials may not see it/, /check the URL/],
    [410, /refused reading \(410\)/, /URL/],
  ])('%i is Terminal, says what to check, and repeats nothing of the server', async (status, message, fix) => {
    answerWith(status)
    const error = await failure()
    expect(error).toBeInstanceOf(Terminal)
    expect(error.message).toMatch(message)
    expect((error as Terminal).fix).toMatch(fix)
  })

  it('401 without credentials says that there are none', async () => {
    answerWith(401)
    expect((await failure(async () => undefined)).message).toContain('holds none')
  })

  it.each([408, 429, 500, 502, 503, 504])('%i is RetryLater', async (status) => {
    answerWith(status)
    expect(await failure()).toBeInstanceOf(RetryLater)
  })

  it.each([
    [429, { 'retry-after': '120' }, 120_000],
    [503, { 'retry-after': new Date(clock.now() + 60_000).toUTCString() }, 60_000],
    [403, { 'retry-after': '60' }, 60_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(clock.now() / 1000 + 900) }, 900_000],
  ])('%i with %j is tried again when the server says', async (status, headers, after) => {
    answerWith(status, headers)
    const error = await failure()
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).notBefore).toBe(clock.now() + after)
  })
})

describe('redirects', () => {
  it('to another host are not followed, and their target is not repeated', async () => {
    answerWith(302, { location: 'http://169.254.169.254/latest/meta-data/' })
    const error = await failure()
    expect(error).toBeInstanceOf(Terminal)
    expect(error.message + (error as Terminal).fix).not.toContain('169.254')
    expect(seen).toHaveLength(1)
  })

  it('on the same host are named, so that the new URL can be registered', async () => {
    answerWith(301, { location: '/team/renamed.git/info/refs?service=git-upload-pack' })
    expect(((await failure()) as Terminal).fix).toContain(url.replace('quotes', 'renamed'))
    expect(seen).toHaveLength(1)
  })
})

describe('what is not git', () => {
  it('a web page is Terminal', async () => {
    answerWith(200, { 'content-type': 'text/html' })
    expect((await failure()).message).toContain('does not answer as a git repository')
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no packets', Buffer.from('hello world')],
    ['half a packet', packet('# service=git-upload-pack\n').subarray(0, 10)],
    [
      'an error',
      Buffer.concat([packet('# service=git-upload-pack\n'), flushPacket, packet('ERR body of the server\n')]),
    ],
    ['protocol version 2 unasked', Buffer.concat([packet('version 2\n'), flushPacket])],
  ])('%s in the right type is RetryLater', async (_, body) => {
    answer = (_request, response) => response.writeHead(200, advertisementType).end(body)
    expect(await failure()).toBeInstanceOf(RetryLater)
  })

  it('SHA-256 repositories are Terminal', async () => {
    answer = (_, response) =>
      response
        .writeHead(200, advertisementType)
        .end(
          Buffer.concat([
            packet('# service=git-upload-pack\n'),
            flushPacket,
            packet(`${'0'.repeat(64)} capabilities^{}\0object-format=sha256\n`),
            flushPacket,
          ]),
        )
    expect((await failure()).message).toContain('SHA-256')
  })
})

describe('the network', () => {
  it('a closed connection is RetryLater, and refs are asked for once more at once', async () => {
    answer = (request) => request.socket.destroy()
    expect(await failure()).toBeInstanceOf(RetryLater)
    expect(seen).toHaveLength(2)
  })

  it('a server that does not answer in time is RetryLater', async () => {
    answer = () => undefined
    const error = await failure(credentials, 50)
    expect(error).toBeInstanceOf(RetryLater)
    expect(error.message).toContain('TimeoutError')
  })

  it('an answer that stops half way is RetryLater', async () => {
    answer = (request, response) => {
      response.writeHead(200, { ...advertisementType, 'content-length': '1000' })
      response.write(packet('# service=git-upload-pack\n'), () => request.socket.destroy())
    }
    expect(await failure()).toBeInstanceOf(RetryLater)
  })

  it('nobody listening is RetryLater', async () => {
    url = 'http://127.0.0.1:1/x.git'
    expect((await failure()).message).toContain('cannot be reached')
  })
})

describe('the URL', () => {
  it.each(['ssh://git@example.com/x.git', 'file:///etc/passwd', 'git@example.com:x.git', '/srv/x.git', ''])(
    '%j is not http(s): Terminal without a request',
    async (other) => {
      url = other
      expect(await failure()).toBeInstanceOf(Terminal)
      expect(seen).toEqual([])
    },
  )

  it.each([
    ['user and password', 'http://', `http://robot:${password}@`],
    ['a token as user', 'http://', `http://${password}@`],
    ['a query', '.git', `.git?token=${password}`],
    ['a fragment', '.git', `.git#${password}`],
  ])('credentials in the URL are refused, and not repeated: %s', async (_, part, replacement) => {
    url = url.replace(part, replacement)
    const error = await failure()
    expect(error).toBeInstanceOf(Terminal)
    expect(seen).toEqual([])
  })
})

describe('credentials', () => {
  it('are sent with the first request, so that no round trip is lost to a 401', async () => {
    answerWith(500)
    await failure()
    expect(seen).toEqual([
      {
        url: '/team/quotes.git/info/refs?service=git-upload-pack',
        authorization: `Basic ${Buffer.from(`robot:${password}`).toString('base64')}`,
      },
    ])
  })

  it('are not sent where there are none', async () => {
    answerWith(500)
    await failure(async () => undefined)
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined])
  })
})

describe('the default branch', () => {
  const [first, second] = ['1'.repeat(40), '2'.repeat(40)]
  const refs = (...lines: string[]) => {
    answer = (_, response) =>
      response
        .writeHead(200, advertisementType)
        .end(Buffer.concat([packet('# service=git-upload-pack\n'), flushPacket, ...lines.map(packet), flushPacket]))
  }
  const head = async () => (await readAdvertisement(gitRemote({ credentials, clock }), url)).head

  it('is the one that HEAD names', async () => {
    refs(
      `${first} HEAD\0side-band-64k symref=HEAD:refs/heads/trunk\n`,
      `${first} refs/heads/main\n`,
      `${first} refs/heads/trunk\n`,
    )
    expect(await head()).toEqual({ branch: 'trunk', commit: first })
  })

  it('is found by its commit where the server does not name it', async () => {
    refs(`${second} HEAD\0side-band-64k\n`, `${second} refs/heads/a\n`, `${second} refs/heads/main\n`)
    expect(await head()).toEqual({ branch: 'main', commit: second })
    refs(`${second} HEAD\0side-band-64k\n`, `${first} refs/heads/main\n`, `${second} refs/heads/trunk\n`)
    expect(await head()).toEqual({ branch: 'trunk', commit: second })
  })

  it('is missing where HEAD names a branch without commits: Terminal, nothing else is read instead', async () => {
    refs(`${first} refs/heads/develop\0side-band-64k\n`)
    const reader = gitSourceReader({ remote: gitRemote({ credentials, clock }) })
    await expect(reader.read({ url })).rejects.toMatchObject({
      name: 'Terminal',
      fix: expect.stringContaining('default branch'),
    })
  })
})
