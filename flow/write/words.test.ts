import { describe, expect, it } from 'vitest'
import type { Change } from '../../domain/handover.ts'
import { groupWords } from './words.ts'

const change = (name: string, reason = 'declared', kind: 'Workload' | 'System' = 'Workload') =>
  ({
    ref: { kind, name },
    subject: `${name}: update in dev`,
    trailers: [
      ['Fairway-Resource', name],
      ['Fairway-Reason', reason],
    ],
  }) as unknown as Change

describe('the words of a group', () => {
  it('are how many, as many names as fit, and the reason that they have in common', () => {
    const names = ['quotes', 'claims-intake', 'payments', 'ledger', 'notifications', 'documents', 'archive']
    expect(groupWords(names.map((name) => change(`policy-admin/${name}`))).subject).toBe(
      '7 workloads: quotes, claims-intake, payments, ledger, … (declared)',
    )
    expect(groupWords([change('a/x'), change('a/y')]).subject).toBe('2 workloads: x, y (declared)')
  })

  it('name no reason where there are several, or a long one', () => {
    expect(groupWords([change('a/x'), change('a/y', 'push')]).subject).toBe('2 workloads: x, y')
    const long = 'image claims/intake of 2026-10-11 was pushed'
    expect(groupWords([change('a/x', long), change('a/y', long)]).subject).toBe('2 workloads: x, y')
  })

  it('say what kind they are of, and count a resource once', () => {
    expect(groupWords([change('a', 'push', 'System'), change('b', 'push', 'System')]).subject).toBe(
      '2 systems: a, b (push)',
    )
    expect(groupWords([change('a', 'push', 'System'), change('a/x', 'push')]).subject).toBe('2 resources: a, x (push)')
    expect(groupWords([change('a/x'), change('a/x')]).subject).toBe('1 workload: x (declared)')
  })

  it('never take more than a first line, but for one name that is too long for any', () => {
    for (const length of [1, 5, 13, 30]) {
      const many = Array.from({ length: 40 }, (_, index) => change(`s/${String(index).padEnd(length, 'n')}`))
      expect(groupWords(many).subject.length).toBeLessThanOrEqual(72)
    }
  })

  it('have one line in the body for each change', () => {
    expect(groupWords([change('a/x'), change('a/y')]).body).toBe('- a/x: update in dev\n- a/y: update in dev')
  })
})
