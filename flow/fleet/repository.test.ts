import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import type { RecordOf, Ref } from '../../domain/store.ts'
import { branch, installation, place, platform, specs, workload } from './fixture.ts'
import { lookAtBranches, type RepositoryPorts } from './repository.ts'

const manifests = 'manifests/claims/one'
const file = `${manifests}/deployment.yaml`
const rendered = { [file]: 'as rendered' }
const edited = { [file]: 'edited' }
const record = workload('one')

/** The branch and the record as they are read, first to last; the last one stays. */
async function compare(branches: readonly Readonly<Record<string, string>>[], records: readonly WorkloadRecord[] = []) {
  let reads = 0
  let lists = 0
  const ports: RepositoryPorts = {
    specs,
    installation,
    blobId: (text) => text,
    render: () => ({ owner: record.name, paths: [manifests], files: new Map([[file, 'as rendered']]) }),
    renderSystem: () => ({ owner: 'claims', paths: [], files: new Map() }),
    clock: { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() },
    store: {
      getMany: async <Kind extends keyof RecordOf>(refs: readonly Ref<Kind>[]) =>
        (refs.length === 0 ? [] : [records[Math.min(reads++, records.length - 1)] ?? record]) as RecordOf[Kind][],
    },
    writer: {
      list: async () => {
        const files = branches[Math.min(lists++, branches.length - 1)]
        if (files === undefined) throw new RetryLater('the host is down')
        return new Map(Object.entries(files))
      },
    },
  }
  const comparison = await lookAtBranches(ports)(platform(), branch)
  const found = comparison.compare(record, 0)
  const confirmed = await comparison.confirm(found.length > 0 ? [{ record, found }] : [])
  return { comparison, found, confirmed, lists: () => lists }
}

describe('a branch', () => {
  it('that is as rendered is read once, and nothing is found', async () => {
    const { found, confirmed, lists } = await compare([rendered])
    expect(found).toEqual([])
    expect(confirmed).toEqual([])
    expect(lists()).toBe(1)
  })

  it('that differs still when record and branch are read again has drifted', async () => {
    const { confirmed } = await compare([edited])
    expect(confirmed).toMatchObject([
      { record: { name: 'claims/one' }, found: [{ kind: 'manifest-edited', where: file }] },
    ])
  })

  it('that only was older than the record has not', async () => {
    expect((await compare([edited, rendered])).confirmed).toEqual([])
  })

  it.each([
    ['somebody wrote to', [record, workload('one', { revision: 2 })]],
    ['somebody works on', [record, workload('one', { lease: { holder: 'h', fence: 1, until: 1_900_000_000_000 } })]],
    ['is gone', [record, workload('other')]],
  ])('is not said to differ by a record that %s meanwhile', async (_what, records) => {
    expect((await compare([edited], records)).confirmed).toEqual([])
  })

  it('that cannot be read is told, and nothing on it is missed', async () => {
    const { comparison, found } = await compare([])
    expect(found).toEqual([])
    expect(comparison.size(record)).toBe(0)
    expect(comparison.failures()).toMatchObject([{ capability: 'manifests', failure: { type: 'RetryLater' } }])
  })

  it('that cannot be read again is told, and nothing is said to differ', async () => {
    const { comparison, confirmed } = await compare([edited, undefined as never])
    expect(confirmed).toEqual([])
    expect(comparison.failures()).toHaveLength(1)
  })

  it('has no orphan that was gone when it was read again; one that is known is not looked for again', async () => {
    const orphan = 'manifests/claims/ghost/deployment.yaml'
    const gone = await compare([{ ...rendered, [orphan]: 'x' }, rendered])
    expect(await gone.comparison.orphans(() => false)).toEqual([])
    const there = await compare([{ ...rendered, [orphan]: 'x' }])
    expect(await there.comparison.orphans(() => false)).toMatchObject([{ kind: 'orphan', fix: expect.any(String) }])
    expect(there.lists()).toBe(2)
    expect(await there.comparison.orphans(() => true)).toHaveLength(1)
    expect(there.lists()).toBe(2)
  })

  it('is nothing that a look at pages takes on', async () => {
    await expect(lookAtBranches({} as never)(platform(), place)).rejects.toThrow('no branch')
  })
})
