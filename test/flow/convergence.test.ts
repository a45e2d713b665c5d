import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { sweepTimes } from '../../lambdas/runtime/core.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** The stages and machines together, on the in-memory twins of every port, with faults. */

const full = [
  'nats: { publish: [claims.opened] }',
  'secrets: { session: { generate: { length: 24 } } }',
  'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
]
const files = { 'fairway.yaml': manifest('one', full) }
const name = 'claims/one'

async function declared(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', files)
  return world
}

async function ready(): Promise<MemoryWorld> {
  const world = await declared()
  await world.image(name)
  expect((await world.workload(name)).status).toMatchObject({ phase: 'Ready' })
  return world
}

describe('a healthy workload', () => {
  it('P1, P2: a thousand reconciles write nothing, mint nothing and move no branch', async () => {
    const world = await ready()
    const pushes = world.provider.counts.pushes
    const before = { writes: world.writes(), head: world.head('cluster-dev'), record: await world.workload(name) }
    for (let round = 0; round < 1000; round++) await world.reconcile(name)
    expect(world.writes()).toBe(before.writes)
    expect(world.provider.counts.pushes).toBe(pushes)
    expect(world.head('cluster-dev')).toBe(before.head)
    const { lease: _, fence: __, revision: ___, ...after } = await world.workload(name)
    const { lease: _l, fence: _f, revision: _r, ...record } = before.record
    expect(after).toEqual(record)
    const { generation } = record.credentials['dev/nats']!
    const counts = `${world.writes() - before.writes} writes, ${world.provider.counts.pushes - pushes} pushes, 0 commits`
    process.stdout.write(`1,000 reconciles: ${counts}, credential generation still ${generation}\n`)
  })

  it('a no-op reconcile reads at most 16 times, the store apart', async () => {
    const world = await ready()
    world.aws.calls.reset()
    const nats = world.provider.counts.reads
    let looks = 0
    world.host.intercept = ({ kind }) => {
      if (kind === 'look') looks += 1
      return Promise.resolve(undefined)
    }
    await world.reconcile(name)
    const reads = Object.values(world.aws.calls.snapshot()).reduce((sum, count) => sum + count.reads, 0)
    expect(reads + (world.provider.counts.reads - nats) + looks).toBeLessThanOrEqual(16)
    expect(looks).toBe(1)
  })

  it('P2: a changed permission pushes the account and leaves credentials, versions and manifests as they are', async () => {
    const world = await ready()
    const before = await world.workload(name)
    const branch = world.branch('cluster-dev')
    const wider = full.map((line) => line.replace('[claims.opened]', '[claims.opened, claims.closed]'))
    const pushes = world.provider.counts.pushes
    await world.push('claims-services', { 'fairway.yaml': manifest('one', wider) })
    const after = await world.workload(name)
    expect(after.generation).toBe(before.generation + 1)
    expect(after.status.observedGeneration).toBe(after.generation)
    expect(after.credentials).toEqual(before.credentials)
    expect(world.provider.counts.pushes).toBe(pushes + 1)
    expect(world.branch('cluster-dev')).toEqual(branch)
  })
})

describe('P4: a function that dies', () => {
  const functions = [
    'EcrFunction',
    'IamFunction',
    'NatsFunction',
    'SecretsFunction',
    'CommitFunction',
    'WriteFunction',
    'ReportFunction',
    'LeaseFunction',
  ] as const
  const cases = functions.flatMap((name) => (['before', 'after'] as const).map((when) => [name, when] as const))

  it.each(cases)(
    '%s, %s its work is done: the next look converges to one commit state and one credential',
    async (target, when) => {
      const world = await memoryWorld()
      let died = false
      world.control.fault = (called, payload, at) => {
        if (died || called !== target || at !== when || payload['kind'] === 'Source') return
        died = true
        // As Lambda reports a function that is killed: no retry of ours names it, so the branch or the execution ends.
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
      }
      await world.push('claims-services', files)
      expect(died).toBe(true)
      await world.image(name).catch(() => undefined)
      await world.settle()
      await world.image(name)
      const record = await world.workload(name)
      expect(record.status).toMatchObject({ phase: 'Ready', observedGeneration: 1 })
      expect(Object.values(record.credentials).map(({ generation, state }) => [generation, state])).toEqual([
        [1, 'current'],
        [1, 'current'],
      ])
      const writes = world.writes()
      await world.reconcile(name)
      expect(world.writes()).toBe(writes)
    },
  )
})

describe('P4: AWS that fails', () => {
  it.each(['lost-answer', 'throttle'] as const)(
    'every call once with %s: converges, and owns each thing once',
    async (kind) => {
      const world = await memoryWorld()
      const seen = new Set<string>()
      world.control.awsFault = (call) => {
        const key = `${call.service} ${call.operation}`
        if (seen.has(key)) return undefined
        seen.add(key)
        return { kind }
      }
      await world.push('claims-services', files)
      await world.settle()
      await world.image(name)
      await world.settle()
      expect(seen.size).toBeGreaterThan(10)
      expect((await world.workload(name)).status).toMatchObject({ phase: 'Ready' })
      const writes = world.writes()
      await world.reconcile(name)
      expect(world.writes()).toBe(writes)
    },
    120_000,
  )
})

describe('overlapping reconciles', () => {
  it('of one workload coalesce, and a change that came meanwhile is not lost', async () => {
    const world = await declared()
    await Promise.all(
      Array.from({ length: 20 }, () =>
        world.bus.publish([{ type: 'WorkloadChanged', detail: { workload: name, reason: 'many' } }]),
      ),
    )
    await world.quiet()
    await world.image(name)
    expect((await world.workload(name)).status.phase).toBe('Ready')
    expect((await world.workload(name)).lease).toBeUndefined()
  })

  it('an edit while a reconcile runs is carried out by whoever holds the lease', async () => {
    const world = await ready()
    let edited = false
    world.control.fault = (called, _payload, when) => {
      if (edited || called !== 'EcrFunction' || when !== 'before') return
      edited = true
      void world.push('claims-services', { 'fairway.yaml': manifest('one', [...full, 'scaling: { min: 5 }']) })
    }
    await world.reconcile(name)
    await world.quiet()
    await world.settle()
    const record = await world.workload(name)
    expect(record).toMatchObject({ generation: 2, status: { observedGeneration: 2, phase: 'Ready' } })
    expect([...world.branch('cluster-dev')].find(([path]) => path.endsWith('one/deployment.yaml'))?.[1]).toContain(
      'replicas: 5',
    )
  })
})

describe('P10: an edit that comes after a run provisioned', () => {
  it('is not claimed by that run: it is observed, and Ready, only after the next one', async () => {
    const world = await ready()
    const seen: string[] = []
    let edited = false
    world.control.fault = async (called, _payload, when) => {
      if (called === 'CommitFunction' && when === 'after' && !edited) {
        edited = true
        const repository = world.host.repository('https://git.example/claims/claims-services.git')
        const text = manifest('one', [...full, 'scaling: { min: 5 }'])
        repository.write('main', { 'fairway.yaml': text }, 'edit')
        await world.bus.publish([{ type: 'SourceChanged', detail: { source: 'claims-services', reason: 'push' } }])
        while ((await world.workload(name)).generation === 1) await new Promise((resolve) => setImmediate(resolve))
      }
      if (called === 'ReportFunction' && when === 'after') {
        const { generation, status } = await world.workload(name)
        seen.push(`generation ${generation}, observed ${status.observedGeneration}: ${status.phase}`)
      }
    }
    await world.image(name, 'main-2')
    await world.settle()
    expect(seen[0]).toBe('generation 2, observed 1: Pending')
    expect(seen.at(-1)).toBe('generation 2, observed 2: Ready')
  })
})

describe('the sources', () => {
  it('two that declare one workload: the first owns it, the second is told where to edit', async () => {
    const world = await declared()
    await world
      .operate({ operation: 'apply', files: [{ path: 'mine.yaml', text: manifest('one') }] })
      .then((result) => {
        expect(result.result).toBe('refused')
        expect(result.problems?.[0]?.message).toMatch(/claims-services, fairway\.yaml.*fairway transfer/)
      })
    expect((await world.workload(name)).generation).toBe(1)
    await world.operate({ operation: 'transfer', workload: name, to: 'apply' })
    const moved = await world.operate({ operation: 'apply', files: [{ path: 'mine.yaml', text: manifest('one') }] })
    expect(moved.result).toBe('done')
    expect((await world.workload(name)).origin.source).toBe('apply')
  })

  it('moving a manifest to another file is no removal', async () => {
    const world = await ready()
    await world.push('claims-services', { '.fairway/moved.yaml': manifest('one', full) })
    expect(await world.workload(name)).toMatchObject({ intent: 'present', generation: 1, status: { phase: 'Ready' } })
  })

  it('P7: a file that cannot be read keeps what it declared, and the brake sees no removal', async () => {
    const world = await ready()
    await world.push('claims-services', { 'fairway.yaml': 'kind: [Workload' })
    expect(await world.workload(name)).toMatchObject({ intent: 'present', generation: 1 })
    const source = await world.store.get({ kind: 'Source', name: 'claims-services' })
    expect(source?.problems).toHaveLength(1)
    expect(source?.declared).toEqual([name])
  })

  it('P8: a repository cannot declare a System, and a lost push is found by the schedule', async () => {
    const world = await declared()
    await world.push('claims-services', {
      ...files,
      'other.yaml': '',
      '.fairway/system.yaml':
        'apiVersion: fairway.dev/v1alpha1\nkind: System\nmetadata: { name: mine }\nspec: { team: t, costCentre: c, environments: [dev] }\n',
    })
    expect(await world.store.get({ kind: 'System', name: 'mine' })).toBeUndefined()
    expect((await world.store.get({ kind: 'Source', name: 'claims-services' }))?.problems[0]?.file).toBe(
      '.fairway/system.yaml',
    )
    world.host
      .repository('https://git.example/claims/claims-services.git')
      .write('main', { '.fairway/system.yaml': undefined, '.fairway/two.yaml': manifest('two') }, 'not announced')
    await world.functions['SourceFunction']?.({ operation: 'heads' })
    await world.quiet()
    expect((await world.workload('claims/two')).status.phase).toBe('AwaitingImage')
  })

  it('a repository that the installation trusts declares Systems and Clusters, which are then open', async () => {
    const world = await memoryWorld()
    const url = 'https://git.example/acme/platform.git'
    world.host.create(url)
    const source = (name: string, where: string, trusted: boolean) =>
      `apiVersion: fairway.dev/v1alpha1\nkind: Source\nmetadata: { name: ${name} }\nspec: { type: git, url: '${where}', platform: ${trusted} }\n`
    const first = { path: 'platform.yaml', text: source('platform', url, true) }
    world.host.repository(url).write('main', { 'README.md': '' }, 'first')
    await world.operate({ operation: 'apply', files: [first] })
    const teams = 'https://git.example/billing/services.git'
    world.host.create(teams)
    world.host.repository(teams).write('main', { 'fairway.yaml': manifest('invoices', [], 'billing') }, 'first')
    const system =
      'apiVersion: fairway.dev/v1alpha1\nkind: System\nmetadata: { name: billing }\nspec: { team: b, costCentre: C, sources: [billing-services], environments: [dev] }\n'
    await world.push('platform', {
      '.fairway/billing.yaml': `${system}---\n${source('billing-services', teams, false)}`,
    })
    expect((await world.workload('billing/invoices')).status.phase).toBe('AwaitingImage')
    expect([...world.branch('cluster-dev').keys()]).toContain('applications/billing/system.yaml')
  })

  it('one that cannot be reached says so, keeps what it declared, and recovers by itself', async () => {
    const world = await ready()
    world.host.intercept = () => Promise.reject(new RetryLater('git.example does not answer'))
    await world.look('claims-services')
    const unreachable = await world.store.get({ kind: 'Source', name: 'claims-services' })
    expect(unreachable?.problems).toMatchObject([{ message: expect.stringContaining('does not answer') }])
    expect(await world.workload(name)).toMatchObject({ intent: 'present', status: { phase: 'Ready' } })
    world.host.intercept = undefined
    await world.settle()
    expect((await world.store.get({ kind: 'Source', name: 'claims-services' }))?.problems).toEqual([])
  })

  it('a tightened ceiling is seen at the sources without a push', async () => {
    const world = await ready()
    const system = await world.store.get({ kind: 'System', name: 'claims' })
    const spec = { ...(system?.spec as object), aws: { allow: [] } }
    const text = JSON.stringify({
      apiVersion: 'fairway.dev/v1alpha1',
      kind: 'System',
      metadata: { name: 'claims' },
      spec,
    })
    await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text }] })
    const source = await world.store.get({ kind: 'Source', name: 'claims-services' })
    expect(source?.problems[0]?.message).toMatch(/s3:GetObject/)
    expect(await world.workload(name)).toMatchObject({ intent: 'present' })
  })
})

describe('retiring', () => {
  const gone = { 'fairway.yaml': '' }
  const confirm = (world: MemoryWorld) => world.operate({ operation: 'retire', workload: name, confirm: 'dev' })

  it('waits for the confirmation, says so, and removes nothing meanwhile', async () => {
    const world = await ready()
    await world.push('claims-services', gone)
    await world.settle()
    const record = await world.workload(name)
    expect(record.status.phase).toBe('Retiring')
    expect(record.status.conditions).toMatchObject([
      { reason: 'AwaitingRemoval', cluster: 'dev', message: expect.stringContaining('--confirm dev') },
    ])
    const paths = [...world.branch('cluster-dev').keys()]
    expect(paths.some((path) => path.includes('manifests/claims/one/'))).toBe(true)
    expect(paths).not.toContain('applications/claims/workloads/one.yaml')
    expect(record.lease).toBeUndefined()
  })

  it('then removes manifests, role and NATS user, schedules secrets’ deletion, and buries the record', async () => {
    const world = await ready()
    await world.push('claims-services', gone)
    await confirm(world)
    await world.settle()
    const record = await world.workload(name)
    expect(record.status.phase).toBe('Retired')
    expect(record.spec).toBeUndefined()
    expect([...world.branch('cluster-dev').keys()].filter((path) => path.includes('one'))).toEqual([])
    expect(record.lease).toBeUndefined()
  })

  it('a branch that refuses the removal is said on the workload, and it goes on when the branch takes it', async () => {
    const world = await ready()
    world.host.intercept = ({ kind, url }) =>
      Promise.resolve(
        kind === 'push' && url.includes('cluster-dev') ? { fault: 'decline', reason: 'protected' } : undefined,
      )
    await world.push('claims-services', gone)
    expect(await world.workload(name)).toMatchObject({ status: { phase: 'Retiring', error: { type: 'Terminal' } } })
    // A person has to mend it: it is not tried every minute.
    expect((await world.workload(name)).attentionAt).toBe(world.clock.now() + sweepTimes.waiting)
    world.host.intercept = undefined
    await world.settle()
    expect((await world.workload(name)).status.error).toBeUndefined()
    await confirm(world)
    await world.settle()
    expect((await world.workload(name)).status.phase).toBe('Retired')
  })

  it('a confirmation that overtakes the answer to the push is not lost', async () => {
    const world = await ready()
    world.host.intercept = async ({ kind, url }) => {
      if (kind !== 'push' || !url.includes('cluster-dev')) return undefined
      await world.store.confirmRemoval({ kind: 'Workload', name }, 'dev', 'argocd')
      world.host.intercept = undefined
      return undefined
    }
    await world.push('claims-services', gone)
    await world.settle()
    expect((await world.workload(name)).status.phase).toBe('Retired')
  })

  it('declaring it again while it waits cancels, and nothing was lost', async () => {
    const world = await ready()
    const before = await world.workload(name)
    await world.push('claims-services', gone)
    await world.push('claims-services', files)
    await world.settle()
    const after = await world.workload(name)
    expect(after).toMatchObject({ intent: 'present', incarnation: before.incarnation, status: { phase: 'Ready' } })
    expect(after.credentials).toEqual(before.credentials)
    expect(after.removals ?? {}).toEqual({})
    expect([...world.branch('cluster-dev').keys()]).toContain('applications/claims/workloads/one.yaml')
  })

  it.each(
    [
      'CommitFunction',
      'WriteFunction',
      'ReportFunction',
      'IamFunction',
      'NatsFunction',
      'SecretsFunction',
      'EcrFunction',
      'LeaseFunction',
    ].flatMap((target) => (['before', 'after'] as const).map((when) => ({ target, when }))),
  )(
    'P4: $target dies once on the way, $when its work: it still ends Retired, and nothing is left',
    async ({ target, when }) => {
      const world = await ready()
      let died = false
      world.control.fault = (called, payload, at) => {
        if (died || called !== target || at !== when || payload['kind'] === 'Source') return
        died = true
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
      }
      await world.push('claims-services', gone)
      await world.settle()
      await confirm(world)
      await world.settle()
      expect(died).toBe(true)
      const record = await world.workload(name)
      expect(record.status.phase).toBe('Retired')
      expect(Object.values(record.claims).filter(({ retained }) => !retained)).toEqual([])
      expect([...world.branch('cluster-dev').keys()].filter((path) => path.includes('/one'))).toEqual([])
      const roles = world.provider.state.flatMap(({ store }) =>
        Object.values(store).flatMap(({ claims }) => claims.nats['signing_keys']),
      )
      expect(JSON.stringify(roles)).not.toContain('dev/one')
    },
  )
})

describe('portal runs', () => {
  const form = { name: 'quotes', system: 'policy-admin', type: 'worker', environments: ['dev'] }

  async function submit(world: MemoryWorld, id: string, inputs: Record<string, unknown>, teams: readonly string[]) {
    world.portal.start({ id, action: 'fairway_declare_workload', initiator: 'ada@example.com', teams, inputs })
    await world.store.requests.add('port', id)
    await world.bus.publish([{ type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: id } }])
    await world.quiet()
  }

  it('are answered once, when the declaration is carried out', async () => {
    const world = await memoryWorld()
    await submit(world, 'r1', form, ['policy-admin'])
    expect(world.portal.answerOf('r1')).toMatchObject({ outcome: 'SUCCESS', label: 'AwaitingImage' })
    const { writes } = world.portal
    await world.reconcile('policy-admin/quotes')
    expect(world.portal.writes).toBe(writes)
    expect(world.portal.entity('fairway_workload', 'policy-admin/quotes')).toMatchObject({
      properties: { phase: 'AwaitingImage' },
    })
  })

  it('P7: are refused with the input that is wrong', async () => {
    const world = await memoryWorld()
    await submit(world, 'r1', { ...form, natsPublish: ['other.subject'] }, ['policy-admin'])
    expect(world.portal.answerOf('r1')).toMatchObject({ outcome: 'FAILURE' })
    expect(world.portal.answerOf('r1')?.log.join('\n')).toMatch(/input "natsPublish".*other\.subject/)
    expect(await world.store.get({ kind: 'Workload', name: 'policy-admin/quotes' })).toBeUndefined()
  })

  it('P8: are refused for a team that the System does not list, whatever the form says', async () => {
    const world = await memoryWorld()
    await submit(world, 'r1', { ...form, team: 'policy-admin' }, ['claims'])
    expect(world.portal.answerOf('r1')).toMatchObject({ outcome: 'FAILURE' })
  })
})
