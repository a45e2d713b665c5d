import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { SecretValue } from '../../domain/secret.ts'
import { intake } from '../../flow/intake/intake.ts'
import { webhookSecrets, type IntakeRequest } from '../../flow/intake/request.ts'
import {
  argocdRequest,
  gitPush,
  gitRequest,
  githubPush,
  githubRequest,
  hmac,
  installation,
  keys,
  now,
  portRequest,
  portRun,
  portSecret,
  removal,
  sha,
} from './fixture.ts'

const pullRequest = { ...githubPush, action: 'synchronize', number: 12, pull_request: { head: { sha } } }

describe('what is verified becomes one event that carries references only', () => {
  it.each([
    [
      'a push to the default branch',
      githubRequest(),
      { type: 'SourceChanged', detail: { source: 'quotes', reason: 'push', delivery: 'f8b1-1' } },
    ],
    [
      'a new head of a pull request',
      githubRequest(pullRequest, { 'x-github-event': 'pull_request' }),
      { type: 'PullRequestChanged', detail: { source: 'quotes', number: 12, head: sha, delivery: 'f8b1-1' } },
    ],
    [
      'a push to a plain git host',
      gitRequest(),
      { type: 'SourceChanged', detail: { source: 'legacy', reason: 'push', delivery: 'd-1' } },
    ],
    [
      'a form',
      portRequest(),
      { type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: portRun.runId } },
    ],
    [
      'a form of an action without the shipped template',
      portRequest({ payload: {}, context: { runId: 'r_1' } }),
      { type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: 'r_1' } },
    ],
    [
      'a removed Application',
      argocdRequest(),
      { type: 'RemovalConfirmed', detail: { workload: 'policy-admin/quotes', cluster: 'dev' } },
    ],
  ])('%s', async (_name, request, event) => {
    const { ports, events } = installation()
    expect(await intake(ports, request)).toMatchObject({ status: 202, body: { result: 'accepted' } })
    expect(events).toEqual([event])
  })

  it.each([
    ['a form’s run', portRequest(), `request port ${portRun.runId}`],
    ['a confirmed removal', argocdRequest(), 'confirm removal policy-admin/quotes dev argocd'],
  ])('%s is on record before its event says look', async (_name, request, record) => {
    const { ports, calls } = installation()
    await intake(ports, request)
    expect(calls.filter((call) => call === record || call === 'publish')).toEqual([record, 'publish'])
  })
})

describe('what does not concern a registered source gives no event', () => {
  it.each([
    ['a push to another branch', githubRequest({ ...githubPush, ref: 'refs/heads/topic' })],
    ['a tag named as the default branch', githubRequest({ ...githubPush, ref: 'refs/tags/main' })],
    ['an event nobody asked for', githubRequest({}, { 'x-github-event': 'star' })],
    [
      'a pull request that was only labelled',
      githubRequest({ ...pullRequest, action: 'labeled' }, { 'x-github-event': 'pull_request' }),
    ],
    [
      'another repository of the installation',
      githubRequest({ ...githubPush, repository: { id: 43, default_branch: 'main' } }),
    ],
    ['the repository under another installation', githubRequest({ ...githubPush, installation: { id: 8 } })],
    ['a repository’s own webhook', githubRequest({ ...githubPush, installation: undefined })],
    ['a tag on a plain git host', gitRequest({ ...gitPush, ref: 'refs/tags/v1' })],
    ['a deleted branch', gitRequest({ ...gitPush, after: '0'.repeat(40) })],
  ])('%s', async (_name, request) => {
    const { ports, events, deliveries } = installation()
    expect(await intake(ports, request)).toMatchObject({ status: 202, body: { result: 'ignored' } })
    expect(events).toEqual([])
    expect([...deliveries.taken]).toEqual([])
  })

  it('a ping is answered', async () => {
    const { ports, events } = installation()
    expect((await intake(ports, githubRequest({ zen: '…' }, { 'x-github-event': 'ping' }))).status).toBe(200)
    expect(events).toEqual([])
  })
})

describe('an unsigned or wrongly signed request is refused, and nothing tells why', () => {
  const other = hmac('another key', Buffer.from('x'), 'hex')
  const cases: readonly (readonly [string, IntakeRequest])[] = [
    ['no signature', githubRequest(githubPush, { 'x-hub-signature-256': '' })],
    ['the signature of another body', githubRequest(githubPush, { 'x-hub-signature-256': `sha256=${other}` })],
    ['SHA-1', githubRequest(githubPush, { 'x-hub-signature-256': 'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709' })],
    ['a repeated header', repeatHeader(githubRequest(), 'x-hub-signature-256')],
    ['a truncated signature', truncate(githubRequest(), 'x-hub-signature-256')],
    ['an unknown source', gitRequest(gitPush, {}, 'nowhere')],
    ['a source of another type', gitRequest(gitPush, {}, 'quotes')],
    ['a tombstone', gitRequest(gitPush, {}, 'retired')],
    ['a name that no source can have', gitRequest(gitPush, {}, '..%2Fgithub')],
    ['another source’s key', gitRequest(gitPush, { 'x-fairway-signature-256': `sha256=${other}` })],
    ['Port without a timestamp', portRequest(portRun, { 'x-port-timestamp': '' })],
    [
      'Port with another timestamp than was signed',
      portRequest(portRun, { 'x-port-timestamp': String(now / 1000 + 1) }),
    ],
    ['Port in hexadecimal', portRequest(portRun, { 'x-port-signature': `v1,${other}` })],
    ['Port’s signature of another version', portRequest(portRun, { 'x-port-signature': 'v2,AAAA' })],
    ['a cluster that is not registered, or no longer', argocdRequest(removal, {}, 'gone')],
    [
      'a cluster’s notification with another key',
      argocdRequest(removal, { 'x-fairway-signature-256': `sha256=${other}` }),
    ],
  ]
  it.each(cases)('%s', async (_name, request) => {
    const { ports, events, calls } = installation()
    const answer = await intake(ports, request)
    expect(answer).toMatchObject({
      status: 401,
      body: { result: 'refused', message: 'the signature is missing or wrong' },
    })
    expect(events).toEqual([])
    expect(calls.filter((call) => /^(begin|request|confirm|publish|list)/.test(call))).toEqual([])
  })

  it('a known and an unknown source ask the same of the outside', async () => {
    const known = installation()
    const unknown = installation()
    const bad = { 'x-fairway-signature-256': `sha256=${other}` }
    await intake(known.ports, gitRequest(gitPush, bad))
    await intake(unknown.ports, gitRequest(gitPush, bad, 'nowhere'))
    expect(unknown.calls.map((call) => call.replace('nowhere', 'legacy'))).toEqual(known.calls)
  })

  it('a secret that is absent, or empty, verifies nothing', async () => {
    const { ports, events, secrets } = installation({ missing: ['github'] })
    const empty = githubRequest(githubPush, { 'x-hub-signature-256': '' })
    const signedWithNothing = {
      ...empty,
      headers: { ...empty.headers, 'x-hub-signature-256': `sha256=${hmac('', empty.body, 'hex')}` },
    }
    expect((await intake(ports, githubRequest())).status).toBe(401)
    expect((await intake(ports, signedWithNothing)).status).toBe(401)
    secrets[webhookSecrets.github('test')] = [new SecretValue('')]
    expect((await intake(ports, signedWithNothing)).status).toBe(401)
    expect(events).toEqual([])
  })

  it('while a secret is rotated, both values verify', async () => {
    const { ports, secrets } = installation()
    secrets[webhookSecrets.github('test')] = [new SecretValue('the next one'), new SecretValue(keys.github)]
    expect((await intake(ports, githubRequest())).status).toBe(202)
    secrets[webhookSecrets.port('test')] = [portSecret('the next one'), portSecret(keys.port)]
    expect((await intake(ports, portRequest())).status).toBe(202)
  })

  it('Port signs with the client secret that Fairway authenticates with; one in the wrong form is said, without it (P3)', async () => {
    const { ports, secrets, events } = installation()
    const name = webhookSecrets.port('test')
    secrets[name] = [portSecret('another')]
    expect((await intake(ports, portRequest())).status).toBe(401)
    secrets[name] = [new SecretValue(keys.port)]
    const { status, cause } = await intake(ports, portRequest())
    expect(status).toBe(503)
    expect(cause).toMatchObject({ name: 'Terminal', fix: expect.stringContaining('clientSecret') })
    expect(JSON.stringify(cause, Object.getOwnPropertyNames(cause))).not.toContain(keys.port)
    expect(events).toEqual([])
    secrets[name] = [portSecret(keys.port), new SecretValue('it was wrong before')]
    expect((await intake(ports, portRequest())).status).toBe(202)
  })
})

describe('Port’s timestamp', () => {
  const seconds = now / 1000
  it.each([
    ['five minutes ago', seconds - 300, 202],
    ['five minutes ahead', seconds + 300, 202],
    ['now, in milliseconds', now, 202],
    ['a second more than five minutes ago', seconds - 301, 401],
    ['a second more than five minutes ahead', seconds + 301, 401],
    ['not a time', 'yesterday', 401],
    ['a time with a fraction', `${seconds}.5`, 401],
  ])('%s', async (_name, timestamp, status) => {
    const { ports, events } = installation()
    expect((await intake(ports, portRequest(portRun, {}, String(timestamp)))).status).toBe(status)
    expect(events).toHaveLength(status === 202 ? 1 : 0)
  })
})

describe('a delivery is taken once', () => {
  it.each([
    ['GitHub', githubRequest()],
    ['git', gitRequest()],
    ['Port', portRequest()],
    ['Argo CD', argocdRequest()],
  ])('%s: a repeated delivery is accepted and gives no second event', async (_name, request) => {
    const { ports, events } = installation()
    expect((await intake(ports, request)).body.result).toBe('accepted')
    expect(await intake(ports, request)).toMatchObject({ status: 202, body: { result: 'repeated' } })
    expect(events).toHaveLength(1)
  })

  it('deliveries of different senders never meet', async () => {
    const { ports, events } = installation()
    for (const request of [
      githubRequest(githubPush, { 'x-github-delivery': 'same' }),
      gitRequest(gitPush, { 'x-fairway-delivery': 'same' }),
      portRequest({ runId: 'same' }),
      argocdRequest(removal, { 'x-fairway-delivery': 'same' }),
    ]) {
      expect((await intake(ports, request)).body.result).toBe('accepted')
    }
    expect(events).toHaveLength(4)
  })

  it('deliveries of different sources never meet', async () => {
    const { ports, events } = installation()
    for (const source of ['legacy', 'ancient']) {
      expect((await intake(ports, gitRequest(gitPush, {}, source))).body.result).toBe('accepted')
    }
    expect(events).toHaveLength(2)
  })

  it('a run that Port delivers again, signed anew, is the same delivery', async () => {
    const { ports, events } = installation()
    await intake(ports, portRequest())
    const again = portRequest(portRun, {}, String(now / 1000 + 60))
    expect((await intake(ports, again)).body.result).toBe('repeated')
    expect(events).toHaveLength(1)
  })

  it.each([
    ['GitHub', githubRequest()],
    ['Port', portRequest()],
  ])('%s: when publishing fails, the redelivery is taken', async (_name, request) => {
    const { ports, events } = installation({ failPublishing: 1 })
    expect(await intake(ports, request)).toMatchObject({ status: 503, body: { result: 'failed' } })
    expect((await intake(ports, request)).body.result).toBe('accepted')
    expect(events).toHaveLength(1)
  })

  it('a failing look-up gives the delivery back', async () => {
    const { ports, deliveries } = installation()
    const down = { ...ports, store: { ...ports.store, list: () => Promise.reject(new RetryLater('down')) } }
    expect((await intake(down, githubRequest())).status).toBe(503)
    expect([...deliveries.taken]).toEqual([])
    expect((await intake(ports, githubRequest())).status).toBe(202)
  })

  it('once its event is out, a delivery that cannot be confirmed is not asked for again', async () => {
    const { ports, events } = installation()
    const deliveries = { ...ports.store.deliveries, confirm: () => Promise.reject(new RetryLater('down')) }
    const answer = await intake({ ...ports, store: { ...ports.store, deliveries } }, githubRequest())
    expect(answer.status).toBe(202)
    expect(answer.cause).toBeInstanceOf(RetryLater)
    expect(events).toHaveLength(1)
  })

  it('a port that fails is answered with 503, whatever it threw', async () => {
    const { ports } = installation()
    const answer = await intake({ ...ports, secrets: () => Promise.reject(new Error('secret text')) }, githubRequest())
    expect(answer.status).toBe(503)
    expect(JSON.stringify(answer.body)).not.toContain('secret text')
  })

  it('the happy path asks each port once', async () => {
    const { ports, calls } = installation()
    await intake(ports, githubRequest())
    expect(calls).toEqual([
      'secret fairway-control/test/webhooks/github',
      'begin github/f8b1-1',
      'list Source',
      'publish',
      'confirm github/f8b1-1',
    ])
  })
})

describe('the shape of a request', () => {
  it.each([
    ['GET', '/webhooks/github', 405],
    ['PUT', '/webhooks/git/legacy', 405],
    ['POST', '/', 404],
    ['POST', '/webhooks/github/', 404],
    ['POST', '/webhooks/git', 404],
    ['POST', '/webhooks/git/a/b', 404],
    ['POST', '/WEBHOOKS/GITHUB', 404],
  ])('%s %s → %i', async (method, path, status) => {
    const { ports, calls } = installation()
    const answer = await intake(ports, { ...githubRequest(), method, path })
    expect(answer.status).toBe(status)
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined)
    expect(calls).toEqual([])
  })

  it('a body over the limit is refused before its signature is computed', async () => {
    const { ports, calls } = installation()
    const request = githubRequest('x'.repeat(1024 * 1024 + 1))
    expect((await intake(ports, request)).status).toBe(413)
    expect((await intake({ ...ports, limit: 10 }, githubRequest())).status).toBe(413)
    expect(calls).toEqual([])
  })

  it.each([
    ['no delivery id', githubRequest(githubPush, { 'x-github-delivery': '' })],
    ['a delivery id that is none', githubRequest(githubPush, { 'x-github-delivery': '../../etc' })],
    ['no event name', githubRequest(githubPush, { 'x-github-event': '' })],
    ['no JSON', githubRequest('{"ref":')],
    ['an empty body', githubRequest('')],
    ['a form-encoded body', githubRequest(`payload=${encodeURIComponent(JSON.stringify(githubPush))}`)],
    ['bytes that are not UTF-8', githubRequest(Uint8Array.from([0x22, 0xc3, 0x28, 0x22]))],
    ['a repeated key', githubRequest(JSON.stringify(githubPush).replace('{', '{"ref":"refs/heads/x",'))],
    ['a repeated key, escaped', githubRequest(JSON.stringify(githubPush).replace('{', '{"\\u0072ef":"refs/heads/x",'))],
    ['a prototype key', githubRequest(JSON.stringify(githubPush).replace('{', '{"__proto__":{"id":1},'))],
    ['a prototype key, escaped', githubRequest(JSON.stringify(githubPush).replace('{', '{"\\u005f_proto__":{},'))],
    ['a constructor key, deep', githubRequest({ ...githubPush, sender: { constructor: { prototype: {} } } })],
    ['deep nesting', githubRequest(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
    ['ids that are text', githubRequest({ ...githubPush, repository: { id: '42', default_branch: 'main' } })],
    ['an unknown member', gitRequest({ ...gitPush, url: 'https://evil.example' })],
    ['a commit id that is none', gitRequest({ ...gitPush, after: 'HEAD' })],
    ['no run id', portRequest({ context: {} })],
    ['a run id that is a path', portRequest({ runId: '../users' })],
    ['a workload with a slash', argocdRequest({ ...removal, workload: 'a/b' })],
  ])('%s → 400 and no event', async (_name, request) => {
    const { ports, events, calls } = installation()
    expect(await intake(ports, request)).toMatchObject({ status: 400, body: { result: 'refused' } })
    expect(events).toEqual([])
    expect(calls.filter((call) => call.startsWith('begin'))).toEqual([])
  })
})

function repeatHeader(request: IntakeRequest, name: string): IntakeRequest {
  return { ...request, headers: { ...request.headers, [name]: `${request.headers[name]}, ${request.headers[name]}` } }
}

function truncate(request: IntakeRequest, name: string): IntakeRequest {
  return { ...request, headers: { ...request.headers, [name]: request.headers[name]?.slice(0, -2) } }
}
