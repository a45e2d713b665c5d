import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intake, intakePaths } from '../../flow/intake/intake.ts'
import type { IntakeAnswer, IntakeRequest } from '../../flow/intake/request.ts'
import {
  argocdRequest,
  gitRequest,
  githubRequest,
  installation,
  portRequest,
  portRun,
  removal,
  githubPush,
  gitPush,
} from './fixture.ts'

const headerNames = [
  'x-hub-signature-256',
  'x-github-event',
  'x-github-delivery',
  'x-fairway-signature-256',
  'x-fairway-delivery',
  'x-port-signature',
  'x-port-timestamp',
  'content-type',
  '__proto__',
  'constructor',
]

const signatureLike = fc.oneof(
  fc.string(),
  fc.stringMatching(/^sha256=[0-9a-f]{64}$/),
  fc.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
  fc.constantFrom('push', 'pull_request', '1779278400', 'sha256=', 'v1,'),
)

const path = fc.oneof(
  fc.constantFrom(...intakePaths, '/webhooks/git/legacy', '/webhooks/git/nowhere', '/webhooks/argocd/dev'),
  fc.string().map((text) => `/webhooks/git/${text}`),
  fc.webPath(),
)

const anyRequest: fc.Arbitrary<IntakeRequest> = fc.record({
  method: fc.oneof({ weight: 9, arbitrary: fc.constant('POST') }, { weight: 1, arbitrary: fc.string() }),
  path,
  headers: fc.dictionary(fc.oneof(fc.constantFrom(...headerNames), fc.string()), signatureLike),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.constantFrom(githubPush, gitPush, portRun, removal).map((payload) => Buffer.from(JSON.stringify(payload))),
  ),
})

/** Everything a sender can ever be told. */
const texts = new Set([
  'accepted',
  'pong',
  'this delivery was accepted before',
  'no registered source is concerned',
  'not a push to the default branch',
  'not a push to a branch',
  'the head of the pull request is the same',
  'only push and pull_request are looked at',
  'the signature is missing or wrong',
  'the timestamp is not within five minutes of now',
  'there is no such route',
  'use POST',
  'the body is too large',
  'not accepted; deliver it again later',
  'the headers x-github-event and x-github-delivery are required',
  'the header x-fairway-delivery is required',
  'the body is not a push event in JSON',
  'the body is not a pull_request event in JSON',
  'the body must be {repository, ref, before, after} in JSON',
  'the body must be JSON with the id of the run as runId',
  'the body must be {application, system, workload} in JSON',
])

function isFixed(answer: IntakeAnswer): void {
  expect(texts).toContain(answer.body.message)
  expect(Object.keys(answer.body).toSorted()).toEqual(['message', 'result'])
  expect(Object.entries(answer.headers)).toEqual(answer.status === 405 ? [['allow', 'POST']] : [])
}

const signers: readonly ((payload: unknown) => IntakeRequest)[] = [
  (payload) => githubRequest(payload),
  (payload) => githubRequest(payload, { 'x-github-event': 'pull_request' }),
  (payload) => gitRequest(payload),
  (payload) => portRequest(payload),
  (payload) => argocdRequest(payload),
]
const signer = fc.constantFrom(...signers)

describe('whatever is sent', () => {
  it('without a signature there is no event, and the answer is one of a few fixed texts', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (request) => {
        const { ports, events } = installation()
        const answer = await intake(ports, request)
        expect(events).toEqual([])
        expect([401, 404, 405]).toContain(answer.status)
        isFixed(answer)
      }),
      { numRuns: 500 },
    )
  })

  it('the signature of any other body is refused', async () => {
    await fc.assert(
      fc.asyncProperty(signer, fc.uint8Array(), fc.uint8Array(), async (sign, signed, sent) => {
        fc.pre(!Buffer.from(signed).equals(Buffer.from(sent)))
        const { ports, events } = installation()
        expect((await intake(ports, { ...sign(signed), body: sent })).status).toBe(401)
        expect(events).toEqual([])
      }),
    )
  })

  it('one changed byte of an accepted body is refused', async () => {
    const requests = [githubRequest(), gitRequest(), portRequest(), argocdRequest()]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (request, at, bits) => {
          const body = Uint8Array.from(request.body)
          const index = at % body.length
          body[index] = (body[index] ?? 0) ^ bits
          const { ports, events } = installation()
          expect((await intake(ports, { ...request, body })).status).toBe(401)
          expect(events).toEqual([])
        },
      ),
    )
  })

  it('a signed body of any content is answered with a fixed text, never an error', async () => {
    const payload = fc.oneof(
      fc.uint8Array(),
      fc.json(),
      fc.string(),
      fc.object({ key: fc.constantFrom('ref', 'repository', 'installation', 'id', 'runId', 'context', 'workload') }),
    )
    await fc.assert(
      fc.asyncProperty(signer, payload, async (sign, content) => {
        const { ports } = installation()
        const answer = await intake(ports, sign(content))
        expect(answer.status).toBeLessThan(500)
        isFixed(answer)
      }),
      { numRuns: 300 },
    )
  })
})
