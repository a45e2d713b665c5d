import { readFileSync } from 'node:fs'
import { DeleteRepositoryCommand, PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr'
import { TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { shardName, type SkipReason } from '../../domain/fleet.ts'
import type { Table } from '../../domain/table.ts'
import { secretName, tagKeys } from '../../domain/names.ts'
import { lookAtShard } from '../../flow/fleet/look.ts'
import { lookAtPages } from '../../flow/fleet/pages.ts'
import { manifest } from '../support/controlplane.ts'
import { hosted } from '../support/memoryworld.ts'
import { everything, fleetWorld, one, type FleetWorld } from '../support/fleetworld.ts'

/** Looks at a whole platform: what they leave alone, what stops them, and what stops what they found. */

const place = 'place/100000000001/eu-west-1'
const registry = 'registry/100000000001/eu-west-1'
const session = secretName('test', 'dev', 'claims', 'one', 'session')
const platform = (name: string) => {
  const text = readFileSync(new URL(`../../examples/platform/${name}`, import.meta.url), 'utf8')
  return { path: name, text }
}

describe('a healthy fleet', () => {
  it('P1: a look at all of it finds nothing, starts nothing, and writes nothing but that it looked', async () => {
    const world = await fleetWorld()
    world.aws.calls.reset()
    const before = world.writes()
    const head = world.head('cluster-dev')
    const reports = await world.lookAll()
    expect(reports.map(({ shard }) => shardName(shard)).toSorted()).toEqual([
      place,
      'place/200000000002/eu-central-1',
      registry,
      'repository/main/https://github.example/acme/cluster-dev.git',
      'repository/main/https://github.example/acme/cluster-prod.git',
    ])
    expect(reports.map(({ counts, findings, failed }) => ({ counts, findings, failed }))).toEqual(
      reports.map(() => ({ counts: {}, findings: [], failed: [] })),
    )
    // Two workloads and two Systems in dev, the Systems in prod; the registry has the workloads only.
    expect(reports.map(({ compared }) => compared).toSorted((a, b) => a - b)).toEqual([2, 2, 2, 4, 4])
    expect(world.started()).toEqual([])
    expect(world.written()).toEqual([])
    expect(world.writes()).toBe(before)
    expect(world.head('cluster-dev')).toBe(head)
  })

  it('costs calls by pages, not by workloads: four times as many cost no more', async () => {
    const reads = async (count: number) => {
      const world = await fleetWorld()
      const names = Array.from({ length: count }, (_, index) => `w${index}`)
      await world.push('claims-services', { 'fairway.yaml': names.map((name) => manifest(name)).join('---\n') })
      for (const name of names) await world.image(`claims/${name}`)
      world.clock.advance(10 * 60_000)
      world.aws.calls.reset()
      const reports = await world.lookAll()
      expect(Math.max(...reports.map(({ compared }) => compared))).toBeGreaterThanOrEqual(count)
      return Object.values(world.aws.calls.snapshot()).reduce((sum, calls) => sum + calls.reads, 0)
    }
    expect(await reads(24)).toBe(await reads(6))
  })

  it('of what is found, its record is written once, and it is started once, however often it is looked at', async () => {
    const world = await fleetWorld()
    await tagSecret(world)
    await world.lookAll()
    expect(world.written()).toEqual([`Workload/${one}`])
    await world.lookAll()
    await world.lookAll()
    expect(world.written()).toEqual([])
    await world.repair()
    expect(world.started()).toEqual([expect.stringMatching(/^WorkloadChanged .*claims\/one/)])
  })
})

describe('two looks at once', () => {
  it('are one: the second one ends, and looks at nothing', async () => {
    const world = await fleetWorld()
    const look = world.functions['FleetFunction']
    const asked = { shard: place, kind: 'place', account: world.home.account, region: world.home.region }
    const both = await Promise.all(
      ['a', 'b'].map(async (execution) => look?.({ ...asked, url: null, branch: null, execution })),
    )
    expect(both).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ result: 'ended' }),
        { result: 'running', compared: 0, findings: 0, failed: [] },
      ]),
    )
  })
})

describe('a look that dies', () => {
  it('leaves a lease that runs out, and the next one finds what it would have found', async () => {
    const world = await fleetWorld()
    await tagSecret(world)
    let died = 0
    const real = { ...world.core.table }
    Object.assign(world.core.table, {
      update: async (...call: Parameters<Table['update']>) => {
        const item = await real.update(...call)
        // The drift is on the workload's record, and the report of the look is not.
        if (call[0] === `Workload/${one}` && died++ === 0) {
          throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
        }
        return item
      },
    })
    // Killed, it does not throw what is tried again.
    world.control.fault = (name) => {
      if (name === 'FleetFunction' && died === 1)
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
    }
    await world.lookAll()
    delete world.control.fault
    expect(died).toBe(1)
    expect(await world.reportOf(place)).toBeUndefined()
    expect((await world.workload(one)).drift).toMatchObject([{ kind: 'secret-tags-changed' }])
    world.clock.advance(11 * 60_000)
    await world.lookAll()
    expect(await world.reportOf(place)).toMatchObject({ counts: { 'secret-tags-changed': 1 } })
    await world.repair()
    await world.lookAll()
    expect(await world.findings()).toEqual([])
  })
})

describe('a part that cannot be looked at', () => {
  it('is told, holds up nothing else, and takes nothing back of what was found there', async () => {
    const world = await fleetWorld()
    world.provider.state.forEach((server) => {
      for (const accounts of [server.store, server.memory]) {
        for (const account of Object.keys(accounts)) delete accounts[account]
      }
    })
    await world.lookAll()
    expect((await world.workload(one)).drift).toMatchObject([{ kind: 'nats-account-changed' }])
    world.provider.faults.unreachable = true
    await tagSecret(world)
    await world.lookAll()
    expect(await world.reportOf(place)).toMatchObject({
      failed: [{ capability: 'nats', failure: { type: 'RetryLater', message: expect.stringContaining('reached') } }],
      counts: { 'secret-tags-changed': 1 },
    })
    const kinds = (await world.workload(one)).drift?.map(({ kind }) => kind)
    expect(kinds).toEqual(['nats-account-changed', 'secret-tags-changed'])
  })

  it('a branch that cannot be read is told, and no file on it is missed', async () => {
    const world = await fleetWorld()
    world.host.intercept = async ({ kind }) => {
      if (kind === 'look') throw new Error('the host is down')
      return undefined
    }
    await world.lookAll()
    const report = await world.reportOf('repository/main/https://github.example/acme/cluster-dev.git')
    expect(report).toMatchObject({ compared: 0, findings: [], failed: [{ capability: 'manifests' }] })
  })
})

describe('what is not compared', () => {
  async function skipped(world: FleetWorld): Promise<Readonly<Record<SkipReason, number>> | undefined> {
    await tagSecret(world)
    await world.lookAll()
    expect(await world.reportOf(place)).toMatchObject({ findings: [] })
    expect(await world.workload(one)).not.toHaveProperty('drift')
    return (await world.reportOf(place))?.skipped
  }

  it('a workload that a reconcile is at work on', async () => {
    const world = await fleetWorld()
    await world.store.leases.acquire({ kind: 'Workload', name: one }, 'somebody')
    expect(await skipped(world)).toMatchObject({ underway: 1 })
  })

  it('a workload whose spec nobody has carried out yet', async () => {
    const world = await fleetWorld()
    const record = await world.workload(one)
    const { origin } = record
    await world.store.declare({
      ref: { kind: 'Workload', name: one },
      spec: { ...(record.spec as object), x: 1 },
      origin,
    })
    expect(await skipped(world)).toMatchObject({ unsettled: 1 })
  })

  it('P10: a workload that its System’s new spec concerns, and that waits for its turn: nobody edited anything', async () => {
    const world = await fleetWorld()
    const text = platform('claims.yaml').text.replace(/costCentre: .*/, 'costCentre: CC-1')
    await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text }] })
    world.clock.advance(10 * 60_000)
    await world.lookAll()
    expect(await world.findings()).toEqual([])
    await world.repair()
    expect(await world.workload(one)).not.toHaveProperty('repaired')
    await world.lookAll()
    expect(await world.findings()).toEqual([])
  })

  it('a workload that changed within the time that pages lag', async () => {
    const world = await fleetWorld()
    await world.push('claims-services', {
      'fairway.yaml': manifest(
        'one',
        everything.map((line) => line.replace('24', '24 } }, other: { generate: { length: 24')),
      ),
    })
    expect(await skipped(world)).toMatchObject({ recent: 1 })
  })
})

describe('drift beside a rotation’s overlap', () => {
  it('is put right, and not after the overlap only', async () => {
    const world = await fleetWorld()
    await world.operate({ operation: 'rotate', workload: one, entry: 'nats' })
    await world.repair()
    expect((await world.workload(one)).credentials['dev/nats']?.previous).toHaveLength(1)
    await world.aws.outside
      .ecr(world.home)
      .send(new PutImageTagMutabilityCommand({ repositoryName: one, imageTagMutability: 'MUTABLE' }))
    await world.lookAll()
    await world.repair()
    const { repaired, credentials } = await world.workload(one)
    expect(credentials['dev/nats']?.previous).toHaveLength(1)
    expect(repaired).toMatchObject({ findings: [{ kind: 'repository-changed' }] })
  })
})

describe('P10: what was never there', () => {
  it('is taken off the record by a reconcile that changes nothing, and is not told as repaired', async () => {
    const world = await fleetWorld()
    const before = await tagSecret(world)
    await world.lookAll()
    await tagSecret(world, before)
    await world.repair()
    const record = await world.workload(one)
    expect(record).not.toHaveProperty('drift')
    expect(record).not.toHaveProperty('repaired')
    expect(record.status.phase).toBe('Ready')
  })

  it('in a part of the fleet that is none any more, is not said for ever: nobody looks there', async () => {
    const world = await fleetWorld()
    const found = {
      kind: 'role-deleted',
      where: 'arn',
      what: 'create it',
      cluster: 'former',
      answer: 'repairing',
    } as const
    const shard = 'place/333333333333/eu-west-1'
    await world.store.drifted({ kind: 'Workload', name: one }, { shard, findings: [found], wake: false })
    await world.lookAll()
    expect(await world.workload(one)).not.toHaveProperty('drift')
  })

  it('on a branch is compared once more, and not told where that shows nothing', async () => {
    const world = await fleetWorld()
    const path = 'manifests/claims/one/deployment.yaml'
    const before = world.branch('cluster-dev').get(path) ?? ''
    const { url } = world.host.repository('https://github.example/acme/cluster-dev.git')
    world.host.repository(url).write('main', { [path]: 'older than the record' }, 'being committed')
    let looks = 0
    world.host.intercept = async (operation) => {
      if (operation.url === url && ++looks === 2)
        world.host.repository(url).write('main', { [path]: before }, 'committed')
      return undefined
    }
    await world.lookAll()
    expect(looks).toBe(2)
    expect(await world.findings()).toEqual([])
    expect(world.written()).toEqual([])
  })
})

describe('modes', () => {
  const reporting = { reconcile: 'report' }

  async function settleSystem(world: FleetWorld, reconcile: string): Promise<void> {
    const text = platform('claims.yaml').text.replace('  team: claims\n', `  team: claims\n  reconcile: ${reconcile}\n`)
    await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text }] })
    await world.repair()
    world.started()
    world.written()
  }

  it('report, of a System: drift is told and recorded, and nothing is repaired', async () => {
    const world = await fleetWorld()
    await settleSystem(world, reporting.reconcile)
    await tagSecret(world)
    await world.lookAll()
    const [finding] = await world.findings()
    expect(finding).toMatchObject({ answer: 'reported', why: expect.stringContaining('reconcile: report') })
    expect((await world.workload(one)).drift).toMatchObject([{ kind: 'secret-tags-changed', answer: 'reported' }])
    await world.repair()
    expect(world.started()).toEqual([])
  })

  it('report, of the fleet: the same everywhere, with who said so; repaired as soon as somebody says so again', async () => {
    const world = await fleetWorld()
    await world.fleet.setMode('report', 'ada', 'an audit')
    await tagSecret(world)
    await world.lookAll()
    expect(await world.findings()).toMatchObject([{ answer: 'reported', why: expect.stringMatching(/ada.*an audit/) }])
    await world.repair()
    expect(world.started()).toEqual([])
    await world.fleet.setMode('repair', 'ada')
    await world.lookAll()
    await world.repair()
    await world.lookAll()
    expect(await world.findings()).toEqual([])
    expect((await world.workload(one)).repaired).toMatchObject({ findings: [{ kind: 'secret-tags-changed' }] })
  })

  it('paused, of a System: its workloads are left out, and said to be, and others are not', async () => {
    const world = await fleetWorld()
    await settleSystem(world, 'paused')
    await tagSecret(world)
    await world.aws.outside
      .ecr(world.home)
      .send(new DeleteRepositoryCommand({ repositoryName: 'policy-admin/quotes', force: true }))
    await world.lookAll()
    expect((await world.reportOf(place))?.skipped.paused).toBe(2)
    expect(await world.findings()).toMatchObject([{ kind: 'repository-deleted' }])
  })

  it('paused, of the fleet: nothing is looked at, and the report says so', async () => {
    const world = await fleetWorld()
    await world.fleet.setMode('paused', 'ada')
    await tagSecret(world)
    world.aws.calls.reset()
    const reports = await world.lookAll()
    expect(reports.map(({ mode, compared }) => ({ mode, compared }))).toEqual(
      reports.map(() => ({ mode: 'paused', compared: 0 })),
    )
    expect(Object.values(world.aws.calls.snapshot()).reduce((sum, { reads }) => sum + reads, 0)).toBe(0)
  })

  it('paused, of the fleet: what is used of quotas is not forgotten, because what is declared meanwhile is admitted', async () => {
    const world = await fleetWorld()
    await world.lookAll()
    const usage = (await world.reportOf(place))?.usage
    expect(usage?.roles).toBeDefined()
    await world.fleet.setMode('paused', 'ada')
    const shard = { kind: 'place', account: '100000000001', region: 'eu-west-1' } as const
    const admitted = { dev: { roles: 1, associations: 1, applications: 1 } }
    await world.fleet.admitted(shard, admitted)
    await world.lookAll()
    expect(await world.reportOf(place)).toMatchObject({ mode: 'paused', usage, admitted })
    await world.fleet.setMode('repair', 'ada')
    await world.lookAll()
    expect(await world.reportOf(place)).not.toHaveProperty('admitted')
  })

  it('what a look cannot count is as the one before counted it', async () => {
    const world = await fleetWorld()
    await world.lookAll()
    const usage = (await world.reportOf(place))?.usage
    const shard = { kind: 'place', account: '100000000001', region: 'eu-west-1' } as const
    const blind = await lookAtShard(
      {
        store: world.store,
        fleet: world.fleet,
        installation: world.core.installation,
        clock: world.clock,
        compare: lookAtPages({
          specs: world.core.specs,
          capabilities: () => [
            { name: 'iam', per: 'placement', see: (): Promise<never> => Promise.reject(new RetryLater('throttled')) },
          ],
        }),
        brake: { workloads: 1, share: 1, systemShare: 1 },
        sample: { size: 0, period: 1 },
        longest: 1,
      },
      { shard, execution: 'blind' },
    )
    expect(blind).toMatchObject({ result: 'ended', report: { failed: [{ capability: 'iam' }], usage } })
  })
})

describe('P9: what would be removed', () => {
  const branch = 'repository/main/https://github.example/acme/cluster-dev.git'

  /** The cluster is another environment now, and nothing that follows from that was heard: only a look finds it. */
  async function leaving(names: readonly string[]): Promise<FleetWorld> {
    const world = await fleetWorld()
    await world.push(hosted.source, {})
    await world.operate({ operation: 'retire', workload: 'policy-admin/quotes', confirm: 'dev' })
    await world.settle()
    const manifests = names.map((name) => manifest(name, everything))
    const files = manifests.map((text, index) => [`.fairway/${index}.yaml`, text] as const)
    await world.push('claims-services', Object.fromEntries(files))
    for (const name of names) await world.image(`claims/${name}`)
    await world.repair()
    const change = platform('clusters.yaml').text.replace('environment: dev', 'environment: test')
    const publish = world.bus.publish.bind(world.bus)
    Object.assign(world.bus, { publish: () => Promise.resolve() })
    await world.operate({ operation: 'apply', files: [{ path: 'clusters.yaml', text: change }] })
    await world.repair()
    Object.assign(world.bus, { publish })
    world.started()
    world.written()
    return world
  }

  const orphansOf = async (world: FleetWorld) =>
    (await world.findings()).filter(({ kind, resource }) => kind === 'orphan' && resource?.kind === 'Workload')

  it('orphan: what one workload left where it is not placed any more is removed', async () => {
    const world = await leaving(['one'])
    await world.lookAll()
    const found = await orphansOf(world)
    expect(found.map(({ answer }) => answer)).toEqual(found.map(() => 'repairing'))
    expect(found.map(({ capability }) => capability)).toEqual(expect.arrayContaining(['iam', 'nats', 'secrets']))
    await world.repair()
    await world.operate({ operation: 'retire', workload: one, confirm: 'dev' })
    await world.settle()
    const { claims } = await world.workload(one)
    expect(Object.keys(claims).filter((key) => key.startsWith('iam/'))).toEqual([])
    await world.lookAll()
    expect(await orphansOf(world)).toEqual([])
    expect(await world.workload(one)).not.toHaveProperty('drift')
  })

  it('more than the brake allows stays, is told with why, and goes once somebody lets it go', async () => {
    const world = await leaving(['one', 'two', 'three'])
    await world.lookAll()
    const found = await orphansOf(world)
    expect(found.length).toBeGreaterThan(3)
    expect(found.every(({ answer, why }) => answer === 'reported' && why?.includes('lets it go'))).toBe(true)
    const report = await world.reportOf(branch)
    const names = ['claims/one', 'claims/three', 'claims/two']
    expect(report).toMatchObject({ braked: expect.stringContaining('3 workloads'), held: names })
    await world.repair()
    expect(world.started()).toEqual([])
    if (report === undefined) throw new Error('no report')
    expect(await world.fleet.release(report.shard, 'ada')).toEqual(names)
    await world.lookAll()
    expect((await world.reportOf(branch))?.findings.every(({ answer }) => answer === 'repairing')).toBe(true)
    await world.repair()
    const removed = world.started().filter((event) => event.startsWith('WorkloadRemoved'))
    expect(new Set(removed.map((event) => /"workload":"([^"]*)"/.exec(event)?.[1]))).toEqual(new Set(names))
    world.clock.advance(10 * 60_000)
    await world.lookAll()
    expect(await world.reportOf(branch)).not.toHaveProperty('held')
  })

  it('what drifts without being removed is repaired all the same', async () => {
    const world = await leaving(['one', 'two', 'three'])
    await world.aws.outside
      .ecr(world.home)
      .send(new PutImageTagMutabilityCommand({ repositoryName: one, imageTagMutability: 'MUTABLE' }))
    await world.lookAll()
    await world.repair()
    expect((await world.workload(one)).repaired).toMatchObject({ findings: [{ kind: 'repository-changed' }] })
  })

  it('what left elsewhere within the hour counts, whichever look or source it was', async () => {
    const world = await leaving(['one'])
    const elsewhere = ['a', 'b', 'c', 'd'].map((name) => `claims/${name}`)
    expect(await world.fleet.leave('place/333333333333/eu-west-1', elsewhere, () => undefined)).toBeUndefined()
    await world.lookAll()
    expect(await world.reportOf(branch)).toMatchObject({ held: [one] })
    await world.repair()
    expect(world.started()).toEqual([])
  })

  it('what retires as a whole was let go already, and is not held once more', async () => {
    const world = await leaving(['one', 'two', 'three'])
    for (const name of ['one', 'two', 'three']) {
      await world.store.retire({ kind: 'Workload', name: `claims/${name}` }, { who: 'ada', what: 'retired' })
      await restUntilLater(world, name)
    }
    await world.lookAll()
    expect(await world.reportOf(branch)).not.toHaveProperty('held')
  })

  it('what is held does not leave by a reconcile that something else is the reason of', async () => {
    const world = await leaving(['one', 'two', 'three'])
    await world.aws.outside
      .ecr(world.home)
      .send(new PutImageTagMutabilityCommand({ repositoryName: one, imageTagMutability: 'MUTABLE' }))
    await world.lookAll()
    await world.repair()
    expect(world.started().filter((event) => event.startsWith('WorkloadRemoved'))).toEqual([])
    expect((await world.workload(one)).removals ?? {}).toEqual({})
  })
})

/** As after a step of its removal that a person has to mend: nobody looks at it for hours. */
async function restUntilLater({ store, clock }: FleetWorld, name: string): Promise<void> {
  const ref = { kind: 'Workload', name: `claims/${name}` } as const
  const taken = await store.leases.acquire(ref, 'test')
  if (taken.result === 'acquired') await store.leases.release(ref, taken.fence, clock.now() + 6 * 3_600_000)
}

async function tagSecret({ aws, home }: FleetWorld, value = 'none'): Promise<string> {
  const Tags = [{ Key: tagKeys.costCentre, Value: value }]
  await aws.outside.secretsManager(home).send(new TagResourceCommand({ SecretId: session, Tags }))
  return 'CC-4712'
}
