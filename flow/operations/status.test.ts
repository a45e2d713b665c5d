import { beforeAll, describe, expect, it } from 'vitest'
import type { Phase } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { createStore } from '../../store/store.ts'
import { memoryTable } from '../../store/memory.ts'
import type { StatusReport } from './model.ts'
import { listStatus } from './status.ts'

/** A large fleet: the whole list has 10,000 workloads, a part of it must fit into an answer. */
const many = 10_000
const clock = { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() }
const long = 'x'.repeat(20_000)
/** Bytes that Lambda gives back. */
const largest = 6 * 1024 * 1024

let store: Store

beforeAll(async () => {
  store = createStore(memoryTable(), { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const declare = (kind: 'System' | 'Source' | 'Workload', name: string) =>
    store.declare({ ref: { kind, name }, spec: { long: 'y'.repeat(2000) }, origin: { source: 'apply' } })
  for (let index = 0; index < 20; index++) await declare('System', `system-${index}`)
  for (let index = 0; index < 120; index++) await declare('Source', `source-${index}`)
  for (let index = 0; index < many; index++) await declare('Workload', `system-${index % 20}/w${index}`)
  await fail('system-3/w3')
  await problems('source-7')
}, 60_000)

describe('the status of a large fleet', () => {
  it('comes in parts that fit into an answer, and together are everything, each once', async () => {
    const parts = await all({})
    expect(parts.length).toBeGreaterThan(10)
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(largest / 4)
    const names = parts.flatMap(({ workloads }) => workloads.map(({ name }) => name))
    expect(new Set(names).size).toBe(many)
    expect(names).toHaveLength(many)
    expect(parts.flatMap(({ systems }) => systems)).toHaveLength(20)
    expect(parts.flatMap(({ sources }) => sources)).toHaveLength(120)
  })

  it('counts every workload, also those that are not asked for', async () => {
    const parts = await all({ phases: ['Failed'] })
    expect(parts.flatMap(({ workloads }) => workloads.map(({ name }) => name))).toEqual(['system-3/w3'])
    expect(total(parts, 'Pending')).toBe(many - 1)
    expect(total(parts, 'Failed')).toBe(1)
  })

  it('of one system leaves out the others, and the sources', async () => {
    const parts = await all({ system: 'system-4' })
    expect(new Set(parts.flatMap(({ workloads }) => workloads.map(({ system }) => system)))).toEqual(
      new Set(['system-4']),
    )
    expect(parts.flatMap(({ systems }) => systems.map(({ name }) => name))).toEqual(['system-4'])
    expect(parts.flatMap(({ sources }) => sources)).toEqual([])
    expect(total(parts, 'Pending')).toBe(many / 20)
  })

  it('says neither specs nor all of a long text, and how many problems there are beyond those listed', async () => {
    const parts = await all({})
    expect(JSON.stringify(parts)).not.toContain('yyyy')
    const failed = parts.flatMap(({ workloads }) => workloads).find(({ name }) => name === 'system-3/w3')
    expect(failed?.status.error?.message).toHaveLength(500)
    const source = parts.flatMap(({ sources }) => sources).find(({ name }) => name === 'source-7')
    expect(source).toMatchObject({ problemCount: 300 })
    expect(source?.problems).toHaveLength(20)
  })

  it('is refused with a cursor that is none', async () => {
    await expect(listStatus(store, { cursor: 'Nothing:here' })).rejects.toThrow('this is no cursor')
  })
})

async function all(query: { system?: string; phases?: readonly Phase[] }): Promise<StatusReport[]> {
  const parts: StatusReport[] = []
  let cursor: string | undefined
  do {
    const part = await listStatus(store, { ...query, ...(cursor === undefined ? {} : { cursor }) })
    parts.push(part)
    cursor = part.cursor
  } while (cursor !== undefined)
  return parts
}

function total(parts: readonly StatusReport[], phase: Phase): number {
  return parts.reduce((sum, { counts }) => sum + (counts[phase] ?? 0), 0)
}

async function fail(name: string): Promise<void> {
  const ref = { kind: 'Workload', name } as const
  const taken = await store.leases.acquire(ref, 'x')
  if (taken.result !== 'acquired') throw new Error('not acquired')
  const error = { type: 'Terminal', message: long, fix: long, at: '' } as const
  const status = { phase: 'Failed', observedGeneration: 0, conditions: [], placements: {}, outputs: {}, error } as const
  await store.report(ref, taken.fence, status, {})
}

async function problems(name: string): Promise<void> {
  const taken = await store.leases.acquire({ kind: 'Source', name }, 'x')
  if (taken.result !== 'acquired') throw new Error('not acquired')
  const wrong = Array.from({ length: 300 }, (_, line) => ({ file: 'f', line, column: 1, message: long.slice(0, 1000) }))
  await store.reportSource(name, taken.fence, { declared: [], problems: wrong, braked: [] })
}
