import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OwnedTree } from '../../domain/git.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import { compareManifests } from '../../flow/fleet/manifests.ts'
import { realGitWorld, type RealGitWorld } from '../contract/gitworlds.ts'
import type { NativeChange } from '../contract/gitnative.ts'
import { findingsOn, manifestWorld, type Seen } from '../support/manifestworld.ts'
import type { MemoryWorld } from '../support/memoryworld.ts'

let world: MemoryWorld
let all: Seen & { readonly rendered: OwnedTree[] }
beforeAll(async () => {
  const { world: made, ...rest } = await manifestWorld()
  world = made
  all = rest
})

const on = (cluster: string, seen: Seen = all): Seen => ({
  ...seen,
  clusters: seen.clusters.filter(({ name }) => name === cluster),
})
const textOf = (seen: Seen): Seen => ({ ...seen, ports: { ...seen.ports, blobId: (text) => text } })

describe('rendered from the record', () => {
  it('every placement and System has the very bytes that the commit stage rendered from the outcomes', () => {
    expect(all.workloads.map(({ name, status }) => [name, status.phase, ...Object.keys(status.placements)])).toEqual([
      ['claims/nightly', 'AwaitingSecret', 'dev'],
      ['claims/one', 'Ready', 'dev'],
      ['claims/two', 'AwaitingImage', 'dev'],
      ['policy-admin/policies', 'Ready', 'dev', 'prod'],
    ])
    for (const name of ['dev', 'prod']) {
      const branch = world.branch(`cluster-${name}`)
      all.rendered.length = 0
      expect(findingsOn(textOf(on(name)), branch)).toEqual([])
      const files = new Map(all.rendered.flatMap((tree) => [...tree.files]))
      expect(files).toEqual(branch)
    }
  })
})

describe('on a real branch', () => {
  let git: RealGitWorld
  let url: string
  beforeAll(async () => {
    git = await realGitWorld()
    url = await git.create('cluster-dev')
    await git.write(url, Object.fromEntries(world.branch('cluster-dev')))
  })
  afterAll(() => git.close())

  const look = async () =>
    findingsOn(on('dev'), await git.writer().list({ url, branch: 'main' }, ['applications', 'manifests']))

  it('nothing is found where nothing differs, and files elsewhere are nobody’s business', async () => {
    await git.write(url, { 'README.md': 'ours', 'charts/manifests/claims/x.yaml': 'x' })
    expect(await look()).toEqual([])
  })

  const deployment = 'manifests/claims/one/deployment.yaml'
  const application = 'applications/claims/workloads/one.yaml'
  const one = { resource: { kind: 'Workload', name: 'claims/one' }, cluster: 'dev', answer: 'repairing' }
  const claims = { resource: { kind: 'System', name: 'claims' }, cluster: 'dev', answer: 'repairing' }
  const orphan = { kind: 'orphan', cluster: 'dev', answer: 'reported', why: expect.any(String) }
  it.each<[string, Record<string, NativeChange>, object[]]>([
    [
      'a manifest that was deleted',
      { [deployment]: undefined },
      [{ ...one, kind: 'manifest-deleted', where: deployment }],
    ],
    [
      'one that was edited',
      { [deployment]: 'replicas: 9\n' },
      [{ ...one, kind: 'manifest-edited', where: deployment }],
    ],
    [
      'a link in place of one',
      { [deployment]: { mode: '120000', content: '../x' } },
      [{ ...one, kind: 'manifest-edited', where: deployment }],
    ],
    [
      'an Application that was deleted',
      { [application]: undefined },
      [{ ...one, kind: 'manifest-deleted', where: application }],
    ],
    [
      'a file that somebody put beside them',
      { 'manifests/claims/one/extra.yaml': 'x' },
      [{ ...one, kind: 'manifest-foreign', where: 'manifests/claims/one/extra.yaml' }],
    ],
    [
      'a System’s file that was edited, and one that was deleted',
      { 'applications/claims/system.yaml': 'x', 'manifests/claims/_system/namespace.yaml': undefined },
      [
        { ...claims, kind: 'manifest-edited', where: 'applications/claims/system.yaml' },
        { ...claims, kind: 'manifest-deleted', where: 'manifests/claims/_system/namespace.yaml' },
      ],
    ],
    [
      'what nobody declares, once for each workload and Application, and only as a report',
      {
        'manifests/claims/gone/a.yaml': 'a',
        'manifests/claims/gone/deep/b.yaml': 'b',
        'applications/claims/workloads/gone.yaml': 'c',
        'manifests/nobody/_system/namespace.yaml': 'd',
      },
      [
        { ...orphan, where: 'applications/claims/workloads/gone.yaml' },
        { ...orphan, where: 'manifests/claims/gone', what: expect.stringContaining('2 files') },
        { ...orphan, where: 'manifests/nobody/_system' },
      ],
    ],
  ])('%s is found, and is no more once it is put right', async (_, changes, expected) => {
    await git.write(url, changes)
    expect(await look()).toEqual(expected.map((finding) => expect.objectContaining(finding)))
    const before = world.branch('cluster-dev')
    await git.write(url, Object.fromEntries(Object.keys(changes).map((path) => [path, before.get(path)])))
    expect(await look()).toEqual([])
  })

  it('five hundred healthy workloads, as a writer committed them, give no finding', async () => {
    const text = JSON.stringify(all.workloads.find(({ name }) => name === 'claims/one'))
    const workloads = Array.from({ length: 500 }, (_each, index) =>
      JSON.parse(text.replaceAll('claims/one', `claims/work-${index}`)),
    ) as WorkloadRecord[]
    const seen = { ...on('dev'), workloads }
    all.rendered.length = 0
    expect(findingsOn(seen, new Map()).length).toBeGreaterThan(500)
    const target = { url: await git.create('fleet'), branch: 'main' }
    const writer = git.writer()
    await writer.commit({ target, trees: all.rendered.splice(0), subject: 'all', trailers: [] })
    const branch = await writer.list(target, ['applications', 'manifests'])
    expect(branch.size).toBeGreaterThan(500 * 6)
    expect(findingsOn(seen, branch)).toEqual([])
  })
})

describe('not compared', () => {
  const name = 'claims/one'
  const nothing = new Map<string, string>()
  /** What is found of this workload on an empty branch when its record is like that. */
  const found = (change: (record: WorkloadRecord) => WorkloadRecord, seen: Seen = all) => {
    const comparison = compareManifests(seen.ports, on('dev', seen), nothing)
    return seen.workloads
      .filter((record) => record.name === name)
      .flatMap((record) => comparison.workload(change(record)))
  }
  const status = (record: WorkloadRecord, changed: Partial<WorkloadRecord['status']>) => ({
    ...record,
    status: { ...record.status, ...changed },
  })
  const without = (record: WorkloadRecord, output: string) =>
    status(record, {
      outputs: Object.fromEntries(Object.entries(record.status.outputs).filter(([key]) => key !== output)),
    })

  it.each<[string, (record: WorkloadRecord) => WorkloadRecord]>([
    ['its spec is newer than what was carried out', (record) => ({ ...record, generation: record.generation + 1 })],
    ['it retires', (record) => ({ ...record, intent: 'retire' })],
    ['its Application was removed on purpose', (record) => ({ ...record, removals: { dev: { since: '' } } })],
    ['it was restored, and nobody looked yet', (record) => ({ ...record, restoring: true })],
    [
      'the last run held it back',
      (record) =>
        status(record, {
          conditions: record.status.conditions.map((one) =>
            one.capability === 'commit' ? { ...one, status: 'False', reason: 'Held' } : one,
          ),
        }),
    ],
    [
      'the last run’s commit failed',
      (record) => status(record, { conditions: record.status.conditions.filter((one) => one.capability !== 'commit') }),
    ],
    ['it never reached the branch', (record) => status(record, { placements: {} })],
    ['its outputs are not all there', (record) => without(record, 'iam/dev')],
    [
      'a newer image is on record than was committed',
      (record) =>
        status(record, {
          placements: { dev: { ...record.status.placements['dev']!, digest: `sha256:${'0'.repeat(64)}` } },
        }),
    ],
  ])('a placement of which %s', (_, change) => {
    expect(found((record) => record).length).toBeGreaterThan(3)
    expect(found(change)).toEqual([])
  })

  it('a workload whose System changed and was not carried out yet', () => {
    const systems = all.systems.map((record) => ({ ...record, generation: record.generation + 1 }))
    expect(found((record) => record, { ...all, systems })).toEqual([])
  })

  it('a placement that is not on this branch', () => {
    const comparison = compareManifests(all.ports, on('prod'), nothing)
    expect(comparison.workload(all.workloads.find((record) => record.name === name)!)).toEqual([])
  })

  it('what cannot be rendered from its record, which is due for a reconcile and holds up no other', () => {
    const broken = (record: WorkloadRecord) =>
      status(record, { outputs: { ...record.status.outputs, 'secrets/dev': { entries: null } } })
    expect(found(broken)).toEqual([expect.objectContaining({ kind: 'due', cluster: 'dev', answer: 'repairing' })])
  })
})

describe('what a record accounts for', () => {
  const files = () => new Map([...world.branch('cluster-dev')].map(([path, text]) => [path, all.ports.blobId(text)]))
  const orphansWhere = (change: (record: WorkloadRecord) => WorkloadRecord) => {
    const comparison = compareManifests(all.ports, on('dev'), files())
    for (const record of all.systems) comparison.accountFor(record)
    for (const record of all.workloads) comparison.accountFor(record.name === 'claims/one' ? change(record) : record)
    return comparison.rest().map(({ where }) => where)
  }

  it('is no orphan while it is there, whether it is compared, is skipped, or is leaving', () => {
    expect(orphansWhere((record) => record)).toEqual([])
    expect(orphansWhere((record) => ({ ...record, intent: 'retire' }))).toEqual([])
  })

  it('is one once the workload is a tombstone', () => {
    const { spec: _, ...rest } = all.workloads[0]!
    expect(orphansWhere((record) => ({ ...rest, name: record.name }))).toEqual([
      'applications/claims/workloads/one.yaml',
      'manifests/claims/one',
    ])
  })
})
