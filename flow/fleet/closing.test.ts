import { describe, expect, it } from 'vitest'
import type { OpenFinding } from '../../domain/fleet.ts'
import { mayLeave } from './closing.ts'
import { workload } from './fixture.ts'

const orphan = (answer: OpenFinding['answer']): OpenFinding => ({
  kind: 'orphan',
  where: 'manifests/claims/one',
  what: 'remove it',
  answer,
  shard: 'repository/main/https://git.example/dev.git',
  since: '2026-01-01T00:00:00.000Z',
})
const { status } = workload('one')

describe('P9: what a workload left in a cluster', () => {
  it('goes by its own new spec, and is tried again where that failed', () => {
    expect(mayLeave(workload('one'), 2)).toBe(true)
    const error = { type: 'RetryLater', message: 'the host is down', at: '2026-01-01T00:00:00.000Z' } as const
    expect(mayLeave(workload('one', { status: { ...status, error } }), 1)).toBe(true)
  })

  it('waits for a look to weigh it where something else moved the placement', () => {
    expect(mayLeave(workload('one'), 1)).toBe(false)
    expect(mayLeave(workload('one', { drift: [orphan('repairing')] }), 1)).toBe(true)
  })

  it('stays while the brake holds it, whatever it is reconciled for', () => {
    expect(mayLeave(workload('one', { drift: [orphan('reported')] }), 2)).toBe(false)
  })

  it('goes on leaving once that has begun', () => {
    const removals = { dev: { since: '2026-01-01T00:00:00.000Z' } }
    expect(mayLeave(workload('one', { drift: [orphan('reported')], removals }), 1)).toBe(true)
  })
})
