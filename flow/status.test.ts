import { describe, expect, it } from 'vitest'
import type { Status } from '../domain/records.ts'
import { statusAfter, type Run } from './status.ts'

const fresh: Status = { phase: 'Pending', observedGeneration: 0, conditions: [], placements: {}, outputs: {} }
const record = (status: Status = fresh, generation = 3) => ({ status, generation })

const committed = (placement: object = {}, result = 'committed') =>
  ({
    ok: true,
    repository: 'https://git.example/dev.git',
    result,
    commit: 'c1',
    files: 1,
    placements: [{ cluster: 'dev', state: 'rendered', deployed: true, waiting: [], ...placement }],
  }) as Run['commits'][number]

const run = (changes: Partial<Run> = {}): Run => ({
  outcomes: [
    { capability: 'ecr', ok: true, output: { images: {} } },
    { capability: 'iam', cluster: 'dev', ok: true, output: { serviceAccount: 'a' } },
  ],
  commits: [committed()],
  clusters: ['dev'],
  generation: 3,
  now: Date.UTC(2026, 0, 1),
  ...changes,
})

const waiting = { reason: 'AwaitingImage', environment: 'dev', message: 'push an image' } as const

describe('P10: the status that a run justifies', () => {
  it('is Ready for this generation only when every capability and commit came out well', () => {
    expect(statusAfter(record(), run())).toMatchObject({ phase: 'Ready', observedGeneration: 3 })
  })

  it.each([
    [
      'a capability that failed',
      {
        outcomes: [{ capability: 'ecr', ok: false, failure: { type: 'Terminal', message: 'denied', fix: 'allow it' } }],
      },
    ],
    ['a branch that was caught', { outcomes: [{ capability: 'ecr', ok: false, error: { Error: 'States.Timeout' } }] }],
    [
      'a commit that failed',
      { commits: [{ ok: false, repository: 'r', error: { Error: 'Terminal', Cause: 'protected' } }] },
    ],
  ] as [string, Partial<Run>][])('%s is Failed, and the generation is not observed', (_what, changes) => {
    const status = statusAfter(record(), run(changes))
    expect(status).toMatchObject({ phase: 'Failed', observedGeneration: 0 })
    expect(status.error?.message).toMatch(/denied|timed out|protected/)
  })

  it('what the writer said, and what to do about it, is on the commit', () => {
    const Cause = JSON.stringify({ errorType: 'Terminal', errorMessage: 'declined', fix: 'let Fairway push' })
    const commits: Run['commits'] = [{ ok: false, repository: 'r', error: { Error: 'Terminal', Cause } }]
    const status = statusAfter(record(), run({ commits }))
    expect(status.conditions.find(({ capability }) => capability === 'commit')?.message).toBe(
      'r: declined; let Fairway push',
    )
    expect(status.error).toMatchObject({ type: 'Terminal', message: 'commit: declined', fix: 'let Fairway push' })
  })

  it('a run of an older spec is not Ready, whatever it achieved', () => {
    expect(statusAfter(record(fresh, 4), run())).toMatchObject({ phase: 'Pending', observedGeneration: 3 })
  })

  it('what needs a person is shown before what passes by itself, with what to do', () => {
    const outcomes: Run['outcomes'] = [
      { capability: 'iam', cluster: 'dev', ok: false, failure: { type: 'RetryLater', message: 'throttled' } },
      { capability: 'ecr', ok: false, failure: { type: 'Terminal', message: 'denied', fix: 'allow it' } },
    ]
    expect(statusAfter(record(), run({ outcomes })).error).toMatchObject({
      type: 'Terminal',
      message: 'ecr: denied',
      fix: 'allow it',
    })
  })

  it('waits for an image only where a placement lacks it', () => {
    const outcomes: Run['outcomes'] = [{ capability: 'ecr', ok: true, output: {}, waiting: [waiting] }]
    const lacking = statusAfter(
      record(),
      run({ outcomes, commits: [committed({ waiting: [waiting], deployed: false })] }),
    )
    expect(lacking).toMatchObject({
      phase: 'AwaitingImage',
      conditions: [{ capability: 'ecr', reason: 'AwaitingImage' }, {}],
    })
    const needless = statusAfter(record(), run({ outcomes }))
    expect(needless).toMatchObject({ phase: 'Ready', conditions: [{ capability: 'ecr', status: 'True' }, {}] })
  })

  it('a secret that is missing is said before an image that is', () => {
    const both = [waiting, { reason: 'AwaitingSecret', message: 'fill apiKey' } as const]
    expect(statusAfter(record(), run({ commits: [committed({ waiting: both })] })).phase).toBe('AwaitingSecret')
  })
})

describe('P1: the same run twice', () => {
  it.each([
    ['well', {}],
    ['failed', { outcomes: [{ capability: 'ecr', ok: false, failure: { type: 'Terminal', message: 'denied' } }] }],
    ['waiting', { commits: [committed({ waiting: [waiting] })] }],
  ] as [string, Partial<Run>][])('gives the same status, whenever it runs: %s', (_what, changes) => {
    const first = statusAfter(record(), run(changes))
    const later = { ...changes, now: Date.UTC(2027, 0, 1) }
    expect(statusAfter(record(first), run(later))).toEqual(first)
  })

  it('an unchanged branch keeps the commit that brought the bytes', () => {
    const first = statusAfter(record(), run())
    const again = { ...committed({}, 'unchanged'), commit: 'somebody else’s' } as Run['commits'][number]
    expect(statusAfter(record(first), run({ commits: [again] })).placements['dev']?.commit).toBe('c1')
  })

  it('a placement that was held keeps what is on record', () => {
    const first = statusAfter(record(), run())
    const held = committed({ state: 'held', deployed: true })
    expect(statusAfter(record(first), run({ commits: [held] })).placements).toEqual(first.placements)
  })
})
