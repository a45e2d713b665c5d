import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manifest } from '../support/controlplane.ts'
import { fleetWorld, type FleetWorld } from '../support/fleetworld.ts'
import { hosted } from '../support/memoryworld.ts'

/** What AWS and Argo CD bound, refused where it is declared before it is hit, over the deployed handlers. */

const clusters = readFileSync(new URL('../../examples/platform/clusters.yaml', import.meta.url), 'utf8')
const source = 'claims-services'
const place = 'place/100000000001/eu-west-1'
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
const aws = ['aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }']

/** Room for one more Application in `dev`: two workloads and two Systems with two each are there. */
async function nearlyFull(): Promise<FleetWorld> {
  const world = await fleetWorld()
  const limited = clusters.replace(
    '  identity: pod-identity\n',
    '  identity: pod-identity\n  limits: { applications: 8 }\n',
  )
  await world.operate({ operation: 'apply', files: [{ path: 'clusters.yaml', text: limited }] })
  await world.repair()
  await world.lookAll()
  expect((await world.reportOf(place))?.usage?.applications).toEqual({ dev: 6 })
  return world
}

const files = (...names: readonly string[]) =>
  Object.fromEntries(['one', ...names].map((name) => [`.fairway/${name}.yaml`, manifest(name)]))

describe('a workload for which there is no room', () => {
  it('is refused in a push, at its file and line; the others and what is there already are not', async () => {
    const world = await nearlyFull()
    await world.push(source, files('two', 'three'))
    const record = await world.store.get({ kind: 'Source', name: source })
    expect(record?.problems).toMatchObject([
      {
        file: '.fairway/two.yaml',
        line: 1,
        resource: 'Workload claims/two',
        message: expect.stringMatching(/no room in dev: 6 of 8 Argo CD Applications of Cluster dev/),
      },
    ])
    expect(await world.store.get({ kind: 'Workload', name: 'claims/two' })).toBeUndefined()
    expect((await world.workload('claims/three')).status.phase).toBe('AwaitingImage')
    await world.push(source, { ...files(), '.fairway/one.yaml': manifest('one', ['image: { track: "v*" }']) })
    expect((await world.workload('claims/one')).generation).toBe(3)
  })

  it('is counted from its admission on, and not twice once a look has seen it', async () => {
    const world = await nearlyFull()
    await world.push(source, files('two'))
    expect((await world.reportOf(place))?.admitted).toEqual({ dev: { roles: 0, associations: 0, applications: 1 } })
    await world.push(source, files('two', 'three'))
    expect((await world.store.get({ kind: 'Source', name: source }))?.problems).toHaveLength(1)
    await world.repair()
    await world.lookAll()
    const report = await world.reportOf(place)
    expect(report?.usage?.applications).toEqual({ dev: 7 })
    expect(report).not.toHaveProperty('admitted')
  })

  it('is refused in a pull request, in a form, and by apply, each where it was asked', async () => {
    const world = await nearlyFull()
    const first = manifest('a', [], 'policy-admin')
    const second = manifest('b', [], 'policy-admin')
    const quotes = manifest('quotes', [], 'policy-admin')
    const commit = await world.pull(1, { 'fairway.yaml': quotes, '.fairway/a.yaml': first, '.fairway/b.yaml': second })
    const run = world.checks.runs(hosted).find((each) => each.commit === commit)
    expect(run?.annotations).toMatchObject([{ path: '.fairway/b.yaml', message: expect.stringContaining('no room') }])

    await world.push(source, files('two'))
    const text = manifest('late')
    const applied = await world.operate({ operation: 'apply', files: [{ path: 'late.yaml', text }] })
    expect(applied).toMatchObject({
      result: 'refused',
      problems: [{ file: 'late.yaml', message: /no room/ }].map(({ message, ...rest }) => ({
        ...rest,
        message: expect.stringMatching(message),
      })),
    })

    const inputs = { name: 'form', system: 'policy-admin', type: 'worker', environments: ['dev'] }
    const teams = ['policy-admin']
    world.portal.start({ id: 'r1', action: 'fairway_declare_workload', initiator: 'ada@example.com', teams, inputs })
    await world.store.requests.add('port', 'r1')
    await world.bus.publish([{ type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: 'r1' } }])
    await world.quiet()
    expect(world.portal.answerOf('r1')).toMatchObject({ outcome: 'FAILURE', label: 'Refused' })
    expect(world.portal.answerOf('r1')?.log.join()).toContain('no room in dev')
  })
})

describe('IAM roles', () => {
  it('count whosever they are, with the quota that the account says', async () => {
    const world = await fleetWorld()
    const iam = world.aws.outside.iam(world.home)
    for (let index = 0; index < 975; index++) {
      await iam.send(new CreateRoleCommand({ RoleName: `others-${index}`, AssumeRolePolicyDocument: trust }))
    }
    await world.lookAll()
    const usage = (await world.reportOf(place))?.usage
    expect(usage?.roles?.quota).toBe(1000)
    expect(usage?.roles?.used).toBeGreaterThanOrEqual(975 + 3)
    expect(usage?.associations).toEqual({ dev: 1 })
    const left = 980 - (usage?.roles?.used ?? 0)
    const many = Array.from({ length: left + 1 }, (_, index) => `n${index}`)
    const all = Object.fromEntries(many.map((name) => [`.fairway/${name}.yaml`, manifest(name, aws)]))
    await world.push(source, { ...files('none'), ...all })
    const problems = (await world.store.get({ kind: 'Source', name: source }))?.problems ?? []
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('IAM roles of the account')])
    expect((await world.workload('claims/none')).status.phase).toBe('AwaitingImage')
  })

  it('that may not be counted hold nobody up, and the look goes on', async () => {
    const world = await fleetWorld()
    const error = Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
    world.control.awsFault = ({ operation }) =>
      operation === 'GetAccountSummary' ? { kind: 'error-before', error } : undefined
    await world.lookAll()
    const report = await world.reportOf(place)
    expect(report?.usage).not.toHaveProperty('roles')
    expect(report?.failed).toEqual([])
  })
})
