import { describe, expect, it } from 'vitest'
import { commitMessage, type CommitSubject } from './message.ts'

const given: CommitSubject = {
  resource: 'policy-admin/quotes',
  reason: 'push main-3f2',
  execution: 'reconcile-workload-1',
  generation: 4,
  clusters: ['dev'],
  images: [],
}

describe('the first line', () => {
  it.each([
    [{ images: ['main-3f2'] }, 'policy-admin/quotes: deploy main-3f2 to dev'],
    [{ clusters: ['dev', 'prod'] }, 'policy-admin/quotes: update in dev, prod'],
    [{ removes: 'application' as const }, 'policy-admin/quotes: withdraw from dev'],
    [{ removes: 'everything' as const }, 'policy-admin/quotes: remove from dev'],
    [{ resource: 'policy-admin' }, 'policy-admin: update in dev'],
  ])('says what happens where: %j', (change, expected) => {
    expect(subjectOf(change)).toBe(expected)
  })

  it('counts clusters that it has no room to name', () => {
    const clusters = ['production-eu-west', 'production-eu-central', 'production-us-east']
    expect(subjectOf({ clusters })).toBe('policy-admin/quotes: update in 3 clusters')
  })

  it('has at most 72 characters, whatever the names; the trailer has the name in full', () => {
    const resource = `${'s'.repeat(40)}/${'w'.repeat(40)}`
    const message = commitMessage({ ...given, resource, images: ['t'.repeat(128)] })
    expect(Array.from(message.subject)).toHaveLength(72)
    expect(message.subject).toMatch(/…$/)
    expect(Object.fromEntries(message.trailers)['Fairway-Resource']).toBe(resource)
  })
})

describe('the trailers', () => {
  it('find a commit again by resource, reason, execution and generation', () => {
    expect(commitMessage(given).trailers).toEqual([
      ['Fairway-Resource', 'policy-admin/quotes'],
      ['Fairway-Reason', 'push main-3f2'],
      ['Fairway-Execution', 'reconcile-workload-1'],
      ['Fairway-Generation', '4'],
    ])
  })

  it('a reason with line breaks cannot forge a trailer', () => {
    for (const lineBreak of ['\n', '\r\n', '\u0085', '\u2028', '\v']) {
      const reason = `form${lineBreak}Fairway-Resource: other/workload`
      const text = commitMessage({ ...given, reason }).trailers.map(([, value]) => value)
      expect(text[1]).toBe('form Fairway-Resource: other/workload')
    }
  })

  it('a very long reason is shortened without cutting a character in half', () => {
    const reason = '🚢'.repeat(500)
    const value = Object.fromEntries(commitMessage({ ...given, reason }).trailers)['Fairway-Reason'] ?? ''
    expect(Array.from(value)).toHaveLength(200)
    expect(value.isWellFormed()).toBe(true)
  })
})

function subjectOf(change: Partial<CommitSubject>): string {
  return commitMessage({ ...given, ...change }).subject
}
