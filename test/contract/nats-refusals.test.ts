import { describe, expect, test } from 'vitest'
import { quotes, record, recordKey, workload } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'
import type { World } from './natsworld.ts'

/** What is not carried out, and what a person is told. */

describe('refusals', () => {
  test('an account stays with the operator that it was made under', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const { url } = world.target
    const other = world.subject(quotes)
    world.subject = () => ({
      ...other,
      cluster: { ...other.cluster, spec: { ...other.cluster.spec, nats: { url, operator: 'other' } } },
    })
    expect(await world.once(quotes)).toMatchObject({ failure: { fix: expect.stringContaining('operator main') } })
  })

  test('a Cluster that changes its environment under its roles is told to retire them first', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const moved = await world.once({ ...quotes, environment: 'prod' })
    expect(moved).toMatchObject({ ok: false, failure: { message: expect.stringContaining('policy-admin/dev') } })
    expect(await world.reconcile({ workload: 'quotes', environment: 'prod' })).toMatchObject({ result: 'absent' })
    expect((await record(world)).roles).toEqual({})
  })

  test.each([
    ['System', (subject: ReturnType<World['subject']>) => delete (subject.system.spec as { nats?: unknown }).nats],
    ['Cluster', (subject: ReturnType<World['subject']>) => delete (subject.cluster.spec as { nats?: unknown }).nats],
  ])('a workload that wants NATS where the %s has none is told who declares it', async (kind, without) => {
    const world = await memoryWorld()
    const subject = world.subject(quotes)
    without(subject)
    world.subject = () => subject
    expect(await world.once(quotes)).toMatchObject({
      failure: { type: 'Terminal', fix: expect.stringContaining(`in the ${kind}`) },
    })
  })

  test('an account is warned about at 60 % of its limit, takes no 1,500th role, and still changes and loses those it has', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const { roles } = await record(world)
    const fill = async (count: number) => {
      const filler = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`dev/f${index}`, roles['dev/quotes']!]),
      )
      await world.remote.table.update(recordKey, {
        set: [[['roles'], { ...roles, ...filler }]],
        add: [[['wanted'], 1]],
      })
    }
    await fill(850)
    await world.reconcile(workload(1))
    expect(world.warnings).toEqual([])
    await fill(900)
    await world.reconcile(workload(1))
    expect(world.warnings.join()).toContain('of 1,499 roles')
    await fill(1498)
    expect(await world.once(workload(2))).toMatchObject({
      failure: {
        type: 'Terminal',
        message: expect.stringContaining('1,500 of 1,499 roles'),
        fix: expect.stringContaining('split'),
      },
    })
    expect(await world.reconcile({ workload: 'quotes' })).toMatchObject({ ok: true, result: 'absent' })
  })
})
