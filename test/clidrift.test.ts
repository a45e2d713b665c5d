import { PutRolePolicyCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from '../bin/commands/run.ts'
import { roleName, tagKeys } from '../domain/names.ts'
import type { DriftReport } from '../flow/operations/model.ts'
import { commitFiles, image, manifest, push, startWorld, workload, type World } from './support/controlplane.ts'
import { fleetWorld, type FleetWorld } from './support/fleetworld.ts'
import { region, startOperationsApi, type OperationsApi, type Person } from './support/operationsapi.ts'

/** `fairway drift` and `fairway mode`, as a person meets them: on an installation on AWS, and on a local one. */

let out: string[]
let err: string[]
beforeEach(() => {
  out = []
  err = []
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(stripVTControlCharacters(text)))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void err.push(stripVTControlCharacters(text)))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})
const said = () => {
  const text = out.join('\n')
  out = []
  return text
}

const one = 'claims/one'
const role = roleName('test', 'dev', 'claims', 'one')
const place = 'place/100000000001/eu-west-1'

describe('on AWS', () => {
  const arn = (name: string) => `arn:aws:sts::111111111111:assumed-role/${name}`
  const people: Readonly<Record<string, Person>> = {
    AKIAADA: { arn: arn('Platform/ada'), secret: 'secret of ada', may: ['drift', 'look', 'mode', 'status', 'go'] },
    AKIABO: { arn: arn('Reader/bo'), secret: 'secret of bo', may: ['drift', 'status'] },
  }
  let world: FleetWorld
  let api: OperationsApi
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'fairway-drift-'))
    await mkdir(join(home, '.aws'))
    const profiles = Object.entries(people).map(
      ([key, { secret }]) =>
        `[${key.slice(4).toLowerCase()}]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`,
    )
    await writeFile(join(home, '.aws/credentials'), profiles.join('\n'))
  })
  afterAll(() => rm(home, { recursive: true, force: true }))
  beforeEach(async () => {
    world = await fleetWorld()
    api = await startOperationsApi(
      people,
      world.functions['OperateFunction'] ?? (() => Promise.reject(new Error('none'))),
    )
    for (const key of Object.keys(process.env)) if (/^(AWS|FAIRWAY)_/.test(key)) vi.stubEnv(key, undefined)
    vi.stubEnv('HOME', home)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_ENDPOINT_URL_STS', api.url)
    vi.stubEnv('FAIRWAY_URL', api.url)
  })
  afterEach(() => api.stop())

  const as = (name: string, ...args: readonly string[]) => run([...args, '--profile', name, '--region', region])
  const widen = () => {
    const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    const input = { RoleName: role, PolicyName: 'fairway', PolicyDocument }
    return world.aws.outside.iam(world.home).send(new PutRolePolicyCommand(input))
  }

  it('where nothing differs it says when everything was looked at, and exits 0', async () => {
    expect(await as('bo', 'drift')).toBe(0)
    expect(said()).toContain(`${place}  nobody has looked yet`)
    await world.lookAll()
    expect(await as('bo', 'drift')).toBe(0)
    expect(said()).toMatch(new RegExp(`${place}  looked at .*: \\d+ compared[^]*nothing differs$`))
  })

  it('names what differs, where and since when, and what became of it', async () => {
    await widen()
    await world.lookAll()
    expect(await as('bo', 'drift')).toBe(1)
    expect(said()).toMatch(/policy-changed +claims\/one in dev: .*role\/.*, since .*repairing[^]*1 differs$/)
    expect(await as('bo', 'status', one)).toBe(0)
    expect(said()).toMatch(/drift policy-changed in dev: .*, repairing/)
    await world.repair()
    expect(await as('bo', 'drift')).toBe(0)
    expect(said()).toMatch(/policy-changed +claims\/one in dev: .*repaired at 20/)
    await as('bo', 'status', one)
    expect(said()).toMatch(/repaired at 20.*: policy-changed in dev/)
  })

  it('says why nothing is done, and shows one kind or one System alone', async () => {
    await world.aws.outside
      .iam(world.home)
      .send(new UntagRoleCommand({ RoleName: role, TagKeys: [tagKeys.installation] }))
    await world.lookAll()
    expect(await as('bo', 'drift', '--kind', 'disowned', '--system', 'claims')).toBe(1)
    expect(said()).toMatch(/disowned +claims\/one in dev: .*reported\n +.*put the tag/)
    expect(await as('bo', 'drift', '--kind', 'policy-changed')).toBe(0)
    expect(await as('bo', 'drift', '--system', 'policy-admin')).toBe(0)
    expect(await as('bo', 'drift', '--kind', 'nonsense')).toBe(2)
  })

  it('answers programs in a shape that stays', async () => {
    await widen()
    await world.lookAll()
    expect(await as('bo', 'drift', '--json')).toBe(1)
    const { fleet, shards } = JSON.parse(said()) as DriftReport
    expect(fleet).toEqual({ mode: 'repair' })
    const part = shards.find(({ shard }) => shard === place)
    expect(Object.keys(part ?? {}).toSorted()).toEqual([
      'at',
      'compared',
      'counts',
      'failed',
      'findings',
      'mode',
      'shard',
      'skipped',
    ])
    expect(part?.findings).toEqual([
      {
        kind: 'policy-changed',
        resource: { kind: 'Workload', name: one },
        cluster: 'dev',
        where: expect.stringContaining(role),
        what: expect.any(String),
        answer: 'repairing',
        capability: 'iam',
        since: expect.any(String),
        state: 'repairing',
      },
    ])
  })

  it('has one part looked at, or all, and waits for it', async () => {
    await world.lookAll()
    world.clock.advance(1000)
    await widen()
    expect(await as('ada', 'drift', '--look', place)).toBe(1)
    expect(said()).toMatch(new RegExp(`^${place}: being looked at\n${place}: looked at\n[^]*policy-changed`))
    await world.quiet()
    world.clock.advance(1000)
    world.started()
    expect(await as('ada', 'drift', '--look')).toBe(1)
    expect(said().match(/: looked at$/gm)).toHaveLength(5)
    expect(await as('ada', 'drift', '--look', 'place/0/nowhere')).toBe(1)
    expect(err.join()).toContain('the fleet has no part place/0/nowhere')
  })

  it('who may only read has nothing looked at, set or let go', async () => {
    for (const args of [
      ['drift', '--look'],
      ['mode', 'paused'],
      ['go', place],
    ]) {
      expect(await as('bo', ...args)).toBe(3)
    }
    expect(await world.fleet.mode()).toEqual({ mode: 'repair' })
  })

  it('lets go what the brake holds, by the command that is shown', async () => {
    const held = {
      shard: { kind: 'place', ...world.home } as const,
      mode: 'repair' as const,
      compared: 1,
      skipped: { paused: 0, underway: 0, unsettled: 0, recent: 0 },
      failed: [],
      counts: {},
      findings: [],
      braked: '3 workloads would be removed at once, and 1 may be; it waits until somebody lets it go',
      held: ['claims/a', 'claims/b', 'claims/c'],
    }
    await world.fleet.begin(held.shard, 'x', world.clock.now() + 1000)
    await world.fleet.end(held.shard, 'x', held)
    expect(await as('bo', 'drift')).toBe(1)
    expect(said()).toContain(
      `3 workloads would be removed at once, and 1 may be; it waits until somebody lets it go; \`fairway go '${place}'\``,
    )
    expect(await as('ada', 'go', place)).toBe(0)
    expect(said()).toContain('what is left of claims/a, claims/b, claims/c will be removed')
    await world.quiet()
    expect(await as('ada', 'go', place)).toBe(0)
    expect(said()).toContain('nothing of')
  })

  it('the mode of the fleet is shown, set with a reason, and said by status and drift', async () => {
    expect(await as('bo', 'mode')).toBe(0)
    expect(said()).toBe('the fleet is in mode repair')
    expect(await as('ada', 'mode', 'paused', '--why', 'incident 4711')).toBe(0)
    expect(said()).toBe('the fleet is in mode paused: nothing is reconciled; it was repair')
    await world.quiet()
    const line =
      /^the fleet is paused \(arn:aws:sts::111111111111:assumed-role\/Platform\/ada, since .*: incident 4711\): nothing/m
    for (const args of [['mode'], ['status'], ['drift'], ['status', one]]) {
      await as('bo', ...args)
      expect(said().replaceAll(/^ +/gm, '')).toMatch(line)
    }
    expect(await as('ada', 'mode', 'repair')).toBe(0)
    said()
    await as('bo', 'mode')
    expect(said()).toMatch(/^the fleet is in mode repair \(.*\)\n {2}before: the fleet is paused \(.*incident 4711\)$/)
    expect(await as('ada', 'mode', 'stop')).toBe(2)
    expect(await as('ada', 'mode', '--why', 'x')).toBe(2)
  })
})

describe('on a local control plane', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
    await push(world, 'claims-services', { 'fairway.yaml': manifest('one') })
    await image(world, one)
  }, 120_000)
  afterAll(() => world.stop())

  const fairway = (...args: readonly string[]) => run([...args, '--dir', world.directory])

  it('manifests that somebody deleted or edited by hand are named, and put back', async () => {
    expect(await fairway('drift', '--look')).toBe(0)
    said()
    const url = `${world.controlPlane.url}/repos/cluster-dev.git`
    const file = 'manifests/claims/one/deployment.yaml'
    await commitFiles(url, { [file]: 'replicas: 100\n' })
    await fairway('drift', '--look', 'repository/main/https://github.example/acme/cluster-dev.git')
    expect(said()).toMatch(/manifest-edited +claims\/one in dev: .*deployment\.yaml/)
    await vi.waitFor(async () => expect((await workload(world, one)).repaired).toBeDefined(), { timeout: 30_000 })
    await world.controlPlane.settle()
    expect(await fairway('drift', '--look')).toBe(0)
    expect(said()).toContain('nothing differs')
    await fairway('status', one)
    expect(said()).toMatch(/repaired at .*: manifest-deleted in dev, manifest-edited in dev/)
  }, 120_000)

  it('a push is held while it is paused, and carried out when it is not', async () => {
    expect(await fairway('mode', 'paused', '--why', 'a freeze')).toBe(0)
    await push(world, 'claims-services', { 'fairway.yaml': manifest('one', ['image: { track: "main-*" }']) })
    await fairway('status', one)
    expect(said()).toMatch(
      /one {2}Pending[^]*admission +Paused +the fleet is paused \(local user, since .*: a freeze\)/,
    )
    expect(await fairway('mode', 'repair')).toBe(0)
    await vi.waitFor(async () => expect((await workload(world, one)).status.observedGeneration).toBe(2), {
      timeout: 30_000,
    })
  }, 120_000)
})
