import { GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { describe, expect, it } from 'vitest'
import { roleName } from '../../domain/names.ts'
import { parkedAt } from '../../domain/store.ts'
import { unready } from '../../flow/unready.ts'
import { manifest } from '../support/controlplane.ts'
import { everything, fleetWorld, one, type FleetWorld } from '../support/fleetworld.ts'

/** `repair`, `report` and `paused`, of a System and of the fleet, over the deployed handlers and state machines. */

type Mode = 'repair' | 'report' | 'paused'
const role = roleName('test', 'dev', 'claims', 'one')
const source = 'claims-services'
const other = 'policy-admin/quotes'

/** As the example platform has it, with a mode. */
async function system(world: FleetWorld, mode: Mode): Promise<void> {
  const record = await world.store.get({ kind: 'System', name: 'claims' })
  const spec = { ...(record?.spec as object), reconcile: mode }
  await world.store.declare({ ref: { kind: 'System', name: 'claims' }, spec, origin: { source: 'apply' } })
  await world.bus.publish([{ type: 'SystemChanged', detail: { system: 'claims', reason: 'test' } }])
  await world.quiet()
}
const fleet = async (world: FleetWorld, mode: Mode) => {
  await world.operate({ operation: 'mode', mode, why: 'an outage' })
  await world.repair()
}
const said = (mode: Mode) => (mode === 'paused' ? /the fleet is paused \(test, since .*: an outage\)/ : /never/)
const own = /System claims says `reconcile: paused`/

const push = (world: FleetWorld, lines: readonly string[] = []) =>
  world.push(source, { 'fairway.yaml': manifest('one', [...everything, ...lines]) })
const drift = (world: FleetWorld) => {
  const everythingAllowed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const PolicyDocument = JSON.stringify(everythingAllowed)
  return world.aws.outside
    .iam(world.home)
    .send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'fairway', PolicyDocument }))
}
async function isDrifted(world: FleetWorld): Promise<boolean> {
  const input = { RoleName: role, PolicyName: 'fairway' }
  const { PolicyDocument } = await world.aws.outside.iam(world.home).send(new GetRolePolicyCommand(input))
  return decodeURIComponent(PolicyDocument ?? '').includes('"Action":"*"')
}
const awsWrites = (world: FleetWorld) =>
  Object.values(world.aws.calls.snapshot()).reduce((sum, { writes }) => sum + writes, 0)

describe.each<[string, (world: FleetWorld, mode: Mode) => Promise<void>, RegExp]>([
  ['a System that is paused', system, own],
  ['a fleet that is paused', fleet, said('paused')],
])('%s', (_, set, why) => {
  it('keeps a push on record, carries out nothing of it, says so, and does it all once it is resumed', async () => {
    const world = await fleetWorld()
    await set(world, 'paused')
    const [before, writes] = [world.head('cluster-dev'), awsWrites(world)]
    await push(world, ['image: { track: "v*" }'])
    const held = await world.workload(one)
    expect(held).toMatchObject({ generation: 2, status: { phase: 'Pending', observedGeneration: 1 } })
    expect(held.attentionAt).toBe(parkedAt)
    const condition = held.status.conditions.find(({ reason }) => reason === 'Paused')
    expect(condition).toMatchObject({ capability: 'admission', message: expect.stringMatching(why) })
    expect(world.portal.entity('fairway_workload', one)?.properties).toMatchObject({
      phase: 'Pending',
      held: expect.stringMatching(why),
    })
    await world.repair()
    await world.repair()
    expect([world.head('cluster-dev'), awsWrites(world)]).toEqual([before, writes])

    await set(world, 'repair')
    await world.repair()
    const after = await world.workload(one)
    expect(after.status.observedGeneration).toBe(2)
    expect(after.status.conditions.filter(({ reason }) => reason === 'Paused')).toEqual([])
    expect(after.attentionAt).not.toBe(parkedAt)
    expect(world.portal.entity('fairway_workload', one)?.properties).toMatchObject({ held: null })
    expect(await world.store.parked(10)).toEqual([])
  })

  it('rotates and retires nothing, and both once it is resumed', async () => {
    const world = await fleetWorld()
    await set(world, 'paused')
    const asked = await world.operate({ operation: 'rotate', workload: one, entry: 'nats' })
    expect(asked.message).toMatch(why)
    const generation = async () => (await world.workload(one)).credentials['dev/nats']?.generation
    await world.repair()
    expect(await generation()).toBe(1)
    await set(world, 'repair')
    await world.repair()
    expect(await generation()).toBe(2)

    await set(world, 'paused')
    await world.push(source, {})
    await world.repair()
    expect((await world.workload(one)).status.phase).toBe('Retiring')
    expect(world.branch('cluster-dev').has('applications/claims/workloads/one.yaml')).toBe(true)
    await set(world, 'repair')
    await world.repair()
    expect(world.branch('cluster-dev').has('applications/claims/workloads/one.yaml')).toBe(false)
  })

  it('is not started by the sweep again and again, and is nothing that is owed', async () => {
    const world = await fleetWorld()
    await set(world, 'paused')
    await push(world, ['image: { track: "v*" }'])
    world.started()
    world.written()
    for (let round = 0; round < 5; round++) await world.repair()
    expect(world.started()).toEqual([])
    expect(world.written()).toEqual([])
    const found = await unready(world.core)
    expect(found.oldest).toBeUndefined()
    expect(found.phases.Pending).toBe(0)
    expect(found.paused?.workloads).toBe(1)
    expect(found.paused?.systems).toBeGreaterThan(0)
  })

  it('is compared by no look, which says how much it left out', async () => {
    const world = await fleetWorld()
    await set(world, 'paused')
    await drift(world)
    world.started()
    const reports = await world.lookAll()
    expect(reports.some(({ mode, skipped }) => mode === 'paused' || skipped.paused > 0)).toBe(true)
    expect(await world.findings()).toEqual([])
    await world.repair()
    expect(world.started()).toEqual([])
    expect(await isDrifted(world)).toBe(true)
  })

  it('shows its mode in the portal, and takes notice when it changes', async () => {
    const world = await fleetWorld()
    const shown = () => world.portal.entity('fairway_system', 'claims')?.properties
    expect(shown()).toMatchObject({ mode: 'repair', modeReason: null })
    await set(world, 'paused')
    expect(shown()).toMatchObject({ mode: 'paused', modeReason: expect.stringMatching(why) })
    await set(world, 'repair')
    expect(shown()).toMatchObject({ mode: 'repair', modeReason: null })
  })

  it('answers a form at once, with what it waits for', async () => {
    const world = await fleetWorld()
    await set(world, 'paused')
    world.portal.start({ id: 'r1', action: 'declare_workload', initiator: 'ada', teams: [], inputs: {} })
    const declared = await world.store.declare({
      ref: { kind: 'Workload', name: one },
      spec: { ...((await world.workload(one)).spec as object), image: { track: 'v*' } },
      origin: (await world.workload(one)).origin,
      run: 'r1',
    })
    expect(declared.result).toBe('updated')
    await world.reconcile(one)
    expect(world.portal.answerOf('r1')).toMatchObject({ outcome: 'SUCCESS', label: 'Paused' })
    expect(world.portal.answerOf('r1')?.log.join()).toMatch(why)
    expect((await world.workload(one)).runs).toBeUndefined()
  })
})

it('a paused System leaves the others as they are', async () => {
  const world = await fleetWorld()
  await system(world, 'paused')
  await world.operate({ operation: 'reconcile', workload: other })
  expect((await world.workload(other)).status.conditions.some(({ reason }) => reason === 'Paused')).toBe(false)
  const report = await world.lookAll()
  expect(report.some(({ skipped }) => skipped.paused > 0)).toBe(true)
  expect(report.some(({ compared }) => compared > 0)).toBe(true)
})

it('what drifted before its System is set to report stays as it is: nobody is to lose what he changed in a hurry', async () => {
  const world = await fleetWorld()
  await drift(world)
  await system(world, 'report')
  await world.repair()
  expect(await isDrifted(world)).toBe(true)
  await system(world, 'repair')
  await world.repair()
  await world.lookAll()
  await world.repair()
  expect(await isDrifted(world)).toBe(false)
})

it('what is resumed while it is being parked is not forgotten', async () => {
  const world = await fleetWorld()
  await fleet(world, 'paused')
  world.control.fault = (name, payload, when) => {
    if (name === 'ReportFunction' && payload['operation'] === 'paused' && when === 'before')
      return world.fleet.setMode('repair', 'ada')
    return undefined
  }
  await push(world, ['image: { track: "v*" }'])
  delete world.control.fault
  await world.repair()
  expect((await world.workload(one)).status.observedGeneration).toBe(2)
})

it('a crash before it is parked leaves it to the sweep', async () => {
  const world = await fleetWorld()
  await fleet(world, 'paused')
  world.control.fault = (name, payload) => {
    if (name === 'ReportFunction' && payload['operation'] === 'paused') throw new Error('killed')
  }
  await push(world, ['image: { track: "v*" }'])
  delete world.control.fault
  expect((await world.workload(one)).attentionAt).not.toBe(parkedAt)
  await world.settle()
  expect((await world.workload(one)).attentionAt).toBe(parkedAt)
  await fleet(world, 'repair')
  expect((await world.workload(one)).status.observedGeneration).toBe(2)
})

describe.each<[string, (world: FleetWorld, mode: Mode) => Promise<void>]>([
  ['a System in mode report', system],
  ['a fleet in mode report', fleet],
])('%s', (_, set) => {
  it('has its drift found and told, and not repaired', async () => {
    const world = await fleetWorld()
    await set(world, 'report')
    await world.repair()
    await drift(world)
    world.started()
    await world.lookAll()
    expect(await world.findings()).toMatchObject(
      [{ kind: 'policy-changed', answer: 'reported', why: /report/ }].map(({ why, ...rest }) => ({
        ...rest,
        why: expect.stringMatching(why),
      })),
    )
    await world.repair()
    expect(world.started().filter((event) => event.startsWith('Workload'))).toEqual([])
    expect(await isDrifted(world)).toBe(true)
  })

  it('has carried out what people ask for, and what is renewed', async () => {
    const world = await fleetWorld()
    await set(world, 'report')
    await push(world, ['image: { track: "v*" }'])
    expect((await world.workload(one)).status.observedGeneration).toBe(2)
    await world.operate({ operation: 'rotate', workload: one, entry: 'nats' })
    const { renewAt = 0, generation } = (await world.workload(one)).credentials['dev/nats'] ?? {}
    expect(generation).toBe(2)
    world.clock.advance(renewAt - world.clock.now() + 1000)
    await world.repair()
    expect((await world.workload(one)).credentials['dev/nats']?.generation).toBe(3)
  })
})

describe('the mode of the fleet', () => {
  it('is said with who, since when and why, and what it was before', async () => {
    const world = await fleetWorld()
    expect((await world.operate({ operation: 'status', modes: true })).modes).toEqual({
      setting: { mode: 'repair' },
      before: [],
      systems: [],
    })
    await fleet(world, 'paused')
    await fleet(world, 'report')
    await system(world, 'paused')
    expect((await world.operate({ operation: 'status', modes: true })).modes).toMatchObject({
      setting: { mode: 'report', who: 'test', why: 'an outage' },
      before: [{ mode: 'paused', who: 'test' }],
      systems: [{ name: 'claims', reconcile: 'paused' }],
    })
    const { status } = await world.operate({ operation: 'status' })
    expect(status?.fleet).toMatchObject({ mode: 'report' })
    expect(status?.systems.find(({ name }) => name === 'claims')).toMatchObject({ reconcile: 'paused' })
  })

  it('that is set again is no change', async () => {
    const world = await fleetWorld()
    expect(await world.operate({ operation: 'mode', mode: 'report' })).toMatchObject({ result: 'done' })
    expect(await world.operate({ operation: 'mode', mode: 'report' })).toMatchObject({ result: 'unchanged' })
    expect((await world.fleet.modes()).length).toBe(1)
  })
})
