import { describe, expect, it } from 'vitest'
import type { FairwayEvent } from '../domain/events.ts'
import { restore, type RestorePorts } from './restore.ts'

/** The operation by itself: in parts, and only what is not settled. What it brings about: test/flow/restore.test.ts. */

function ports(names: readonly string[], phase = 'Failed') {
  const marked: [string, number][] = []
  const events: FairwayEvent[] = []
  let beginning = 0
  const record = (name: string) => ({ name, spec: {}, intent: 'present', status: { phase } })
  const store = {
    list: async () => [record('policy-admin')],
    page: async (_kind: string, { limit, cursor = '0' }: { limit: number; cursor?: string }) => {
      const end = Number(cursor) + limit
      const records = names.slice(Number(cursor), end).map(record)
      return { records, ...(end < names.length ? { cursor: String(end) } : {}) }
    },
    restore: async ({ name }: { name: string }, incarnation: number) => void marked.push([name, incarnation]),
    beginAt: async (incarnation: number) => void (beginning = incarnation),
  }
  const made: RestorePorts = {
    installation: { name: 'acme' },
    store: store as unknown as RestorePorts['store'],
    bus: { publish: async (published) => void events.push(...published) },
    clock: { now: () => 1_800_000_000_000 },
    incarnationOf: async (_system, workload) => (workload === 'w0' ? 4 : undefined),
  }
  return { made, marked, events, beginning: () => beginning }
}

const names = Array.from({ length: 250 }, (_, index) => `policy-admin/w${index}`)

describe('restore', () => {
  it('goes through all workloads in parts that a request has time for, and Systems once', async () => {
    const { made, marked, events, beginning } = ports(names)
    let cursor: string | undefined
    const sizes: number[] = []
    do {
      const before = marked.length
      const request = { operation: 'restore', confirm: 'acme', ...(cursor ? { cursor } : {}) } as const
      cursor = (await restore(made, 'ada', request)).cursor
      sizes.push(marked.length - before)
    } while (cursor !== undefined)
    expect(sizes).toEqual([101, 100, 50])
    expect(new Set(marked.map(([name]) => name))).toEqual(new Set(['policy-admin', ...names]))
    expect(events.filter(({ type }) => type === 'SystemChanged')).toHaveLength(1)
    expect(events).toHaveLength(251)
    expect(beginning()).toBe(1_800_000_000)
  })

  it('takes the incarnation that the repository tells, else one that was never given out', async () => {
    const { made, marked } = ports(names.slice(0, 2))
    await restore(made, 'ada', { operation: 'restore', confirm: 'acme' })
    expect(marked).toEqual([
      ['policy-admin', 1],
      ['policy-admin/w0', 4],
      ['policy-admin/w1', 1_800_000_000],
    ])
  })

  it.each(['Ready', 'AwaitingImage', 'AwaitingSecret', 'Retiring', 'Retired'])(
    'leaves what is %s alone',
    async (phase) => {
      const { made, marked } = ports(names.slice(0, 2), phase)
      expect(await restore(made, 'ada', { operation: 'restore', confirm: 'acme' })).toMatchObject({
        result: 'unchanged',
      })
      expect(marked).toEqual([])
    },
  )

  it('is refused without the name of the installation', async () => {
    const { made, beginning } = ports(names)
    const asked = restore(made, 'ada', { operation: 'restore', confirm: 'other' })
    await expect(asked).rejects.toMatchObject({ name: 'Terminal', fix: expect.stringContaining('--confirm acme') })
    expect(beginning()).toBe(0)
  })
})
