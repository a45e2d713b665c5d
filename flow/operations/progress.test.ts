import { describe, expect, it } from 'vitest'
import type { RecordOf } from '../../domain/store.ts'
import type { Followed, Progress } from './model.ts'
import { isSettled, startedOn } from './progress.ts'

const progress: Progress = {
  kind: 'Workload',
  name: 'policy-admin/quotes',
  phase: 'Ready',
  generation: 2,
  observedGeneration: 2,
  fence: 7,
  busy: false,
  messages: [],
}
const started = { kind: 'Workload', name: 'policy-admin/quotes', generation: 2, fence: 7 } as const
const record = { ...started, status: {} } as unknown as RecordOf[Followed]
const lease = { holder: 'x', fence: 7, until: 0 }

describe('what was started is settled', () => {
  it.each<[string, Partial<Progress>]>([
    ['when it is Ready for this generation', {}],
    ['when it waits for an image', { phase: 'AwaitingImage' }],
    ['when it waits for a secret', { phase: 'AwaitingSecret' }],
    ['when it is placed nowhere', { phase: 'Pending' }],
    ['when it failed for good', { phase: 'Failed', observedGeneration: 1, error: { type: 'Terminal', message: '' } }],
    ['when its removal failed for good', { phase: 'Retiring', error: { type: 'Terminal', message: '' } }],
    ['when it waits until somebody resumes it', { phase: 'Pending', observedGeneration: 1, paused: true }],
    ['when it is gone', { phase: 'Retired', observedGeneration: 0 }],
  ])('%s', (_, change) => {
    expect(isSettled({ ...progress, ...change }, started)).toBe(true)
  })
})

describe('what was started is not settled', () => {
  it.each<[string, Partial<Progress>]>([
    ['while somebody works on it', { busy: true }],
    ['before anybody has looked: Ready is what it was', { fence: 6 }],
    ['while Ready is said of an older generation', { observedGeneration: 1 }],
    ['while it is paused as it was before', { paused: true, fence: 6 }],
    ['while a later change is under way', { generation: 3 }],
    ['while a failure may pass by itself', { phase: 'Failed', error: { type: 'RetryLater', message: '' } }],
    ['while it waits for the confirmation of its removal', { phase: 'Retiring' }],
  ])('%s', (_, change) => {
    expect(isSettled({ ...progress, ...change }, started)).toBe(false)
  })
})

describe('an operation', () => {
  it('on what nobody holds counts from the next lease', () => {
    expect(startedOn(record)).toEqual({ ...started, fence: 8 })
  })

  it('on what somebody holds counts from that lease, whose holder goes round again', () => {
    expect(startedOn({ ...record, lease })).toEqual(started)
  })

  it('that changed nothing has nothing to wait for', () => {
    expect(startedOn(record, true)).toEqual(started)
  })
})
