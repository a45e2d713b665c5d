import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from '../bin/commands/run.ts'
import { manifest } from './support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from './support/memoryworld.ts'
import { region, startOperationsApi, type OperationsApi, type Person } from './support/operationsapi.ts'

/** The command line against an installation on AWS: real signatures, the real handler, a control plane in memory. */

const all = ['apply', 'status', 'reconcile', 'retire', 'rotate', 'adopt', 'transfer', 'go']
const arn = (role: string) => `arn:aws:sts::111111111111:assumed-role/${role}`
const people: Readonly<Record<string, Person>> = {
  AKIAADA: { arn: arn('Platform/ada'), secret: 'secret of ada', may: all },
  AKIABO: { arn: arn('Reader/bo'), secret: 'secret of bo', may: ['status'] },
}
const name = 'claims/one'

let world: MemoryWorld
let api: OperationsApi
let home: string
let out: string[]
let err: string[]

beforeAll(async () => {
  world = await memoryWorld()
  const operate = world.functions['OperateFunction'] ?? (() => Promise.reject(new Error('no function')))
  api = await startOperationsApi(people, operate)
  home = await mkdtemp(join(tmpdir(), 'fairway-aws-'))
  await mkdir(join(home, '.aws'))
  const profile = (key: string) => `[${key.slice(4).toLowerCase()}]\naws_access_key_id = ${key}\n`
  const secrets = Object.entries(people).map(
    ([key, { secret }]) => `${profile(key)}aws_secret_access_key = ${secret}\n`,
  )
  await writeFile(join(home, '.aws/credentials'), secrets.join('\n'))
  const sso = '[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.example/start\n'
  const late = '[profile late]\nsso_session = acme\nsso_account_id = 111111111111\nsso_role_name = Dev\n'
  const mfa = `[profile careful]\nrole_arn = arn:aws:iam::111111111111:role/Dev\nsource_profile = ada\nmfa_serial = arn:aws:iam::111111111111:mfa/ada\n`
  await writeFile(join(home, '.aws/config'), `${sso}\n${late}\n${mfa}\n[profile ada]\nregion = ${region}\n`)
})
afterAll(async () => {
  await api.stop()
  await rm(home, { recursive: true, force: true })
})

beforeEach(() => {
  out = []
  err = []
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(stripVTControlCharacters(text)))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void err.push(stripVTControlCharacters(text)))
  for (const key of Object.keys(process.env)) if (/^(AWS|FAIRWAY)_/.test(key)) vi.stubEnv(key, undefined)
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', api.url)
  vi.stubEnv('AWS_ENDPOINT_URL_STS', api.url)
  api.seen.splice(0)
  api.instead.splice(0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const text = () => `${out.join('\n')}\n${err.join('\n')}`
const fairway = (...args: readonly string[]) => run(args)
const as = (profile: string) => ['--profile', profile, '--region', region]

async function file(content: string): Promise<string> {
  const path = join(home, 'one.yaml')
  await writeFile(path, content)
  return path
}

describe('an operation on AWS', () => {
  it('goes to where the stack says, signed, and its signer is on record', async () => {
    expect(await fairway('apply', await file(manifest('one')), ...as('ada'))).toBe(0)
    expect(out).toEqual(['1 created'])
    await world.quiet()
    world.clock.advance(1000)
    expect(await fairway('reconcile', name, ...as('ada'))).toBe(0)
    await world.quiet()
    expect(api.seen.map(({ operation, who }) => `${operation} ${who}`)).toEqual([
      `apply ${arn('Platform/ada')}`,
      `reconcile ${arn('Platform/ada')}`,
    ])
    const record = await world.workload(name)
    expect(record.audit?.map(({ who, what }) => `${who} ${what.split(' ')[0]}`)).toEqual([
      `${arn('Platform/ada')} apply`,
      `${arn('Platform/ada')} reconcile`,
    ])
    expect(await fairway('status', name, ...as('bo'))).toBe(0)
    expect(text()).toContain(`${arn('Platform/ada')}  reconcile`)
  })

  it('is taken by the URL of FAIRWAY_URL as well, and with the region of the profile', async () => {
    vi.stubEnv('FAIRWAY_URL', api.url)
    expect(await fairway('status', '--profile', 'ada', '--json')).toBe(0)
    const report = JSON.parse(out[0] ?? '') as { workloads: { name: string }[]; counts: object }
    expect(report.workloads.map(({ name }) => name)).toContain(name)
    expect(report.counts).toEqual({ AwaitingImage: 1 })
  })

  it('that IAM does not allow names the permission and its resource, and exits 3', async () => {
    expect(await fairway('retire', name, ...as('bo'))).toBe(3)
    expect(err[0]).toContain(`AWS does not let ${arn('Reader/bo')} do \`retire\``)
    expect(err[1]).toContain('execute-api:Invoke')
    expect(err[1]).toContain(`arn:aws:execute-api:${region}:111111111111:*/*/POST/operations/retire`)
    expect((await world.workload(name)).intent).toBe('present')
    expect(api.seen).toEqual([])
  })

  it('that is refused prints why and what to do, and exits 1', async () => {
    expect(await fairway('status', 'claims/nobody', ...as('ada'))).toBe(1)
    expect(err).toEqual(['fairway: there is no workload claims/nobody', '         list all with `fairway status`'])
    expect(await fairway('apply', await file('kind: Nothing'), ...as('ada'))).toBe(1)
    expect(err.join('\n')).toMatch(/one\.yaml:1/)
  })

  it('waits until it is observed, with a line for each change', async () => {
    const path = await file(manifest('two'))
    const applied = fairway('apply', path, ...as('ada'), '--wait', '--timeout', '60s')
    expect(await applied).toBe(0)
    expect(out.at(-1)).toMatch(/^claims\/two +AwaitingImage /)
  })

  it('rotates, waits until it is committed, and shows what it made', async () => {
    const rotating = 'claims/rotates'
    const secret = ['secrets: { session: { generate: { length: 24 } } }']
    expect(await fairway('apply', await file(manifest('rotates', secret)), ...as('ada'))).toBe(0)
    await world.image(rotating)
    expect(await fairway('rotate', rotating, '--entry', 'session', ...as('ada'), '--wait')).toBe(0)
    expect(out).toContain(`${rotating}: dev/session will be rotated`)
    expect(out.at(-1)).toMatch(/^claims\/rotates +Ready/)
    expect((await world.workload(rotating)).credentials['dev/session']).toMatchObject({ generation: 2 })
    out = []
    expect(await fairway('status', rotating, ...as('bo'))).toBe(0)
    expect(text()).toMatch(/dev\/session +generated {2}generation 2, issued .* \(requested\)/)
    expect(text()).toMatch(/generation 1 still works, until .* UTC at the latest/)
    expect(text()).toContain(`${arn('Platform/ada')}  rotate dev/session`)
    expect(await fairway('rotate', rotating, '--entry', 'session', '--to', '9', ...as('ada'))).toBe(1)
    expect(text()).toContain('generation 9 of dev/session cannot come back')
    expect(await fairway('rotate', rotating, '--cluster', 'dev', '--to', '1', ...as('ada'), '--wait')).toBe(0)
    expect((await world.workload(rotating)).credentials['dev/session']).toMatchObject({ generation: 1, highest: 2 })
    expect(await fairway('rotate', rotating, ...as('bo'))).toBe(3)
  })

  it('that does not settle in time goes on, and exits 4', async () => {
    const stuck = vi.spyOn(world.bus, 'publish').mockResolvedValue(undefined)
    expect(await fairway('reconcile', name, ...as('ada'), '--wait', '--timeout', '1s', '--json')).toBe(4)
    expect(JSON.parse(out.join('\n'))).toMatchObject({ result: 'done', open: [name] })
    expect(err.join('\n')).toContain('fairway: not settled within 1 s: claims/one')
    stuck.mockRestore()
  })
})

describe('what keeps a request from arriving', () => {
  it('is tried again when it may pass, and said', async () => {
    api.instead.push({ status: 429, body: '{"message":"Too Many Requests"}' })
    api.instead.push({ status: 503, body: '{"type":"RetryLater","message":"the table is busy"}' })
    expect(await fairway('status', ...as('ada'))).toBe(0)
    expect(err[0]).toMatch(/^fairway: too many requests; trying again in [\d.]+ s \(2 of 5\)$/)
    expect(err[1]).toMatch(/^fairway: the table is busy; trying again in/)
  })

  it('is no redirect to elsewhere: the request is signed for one host', async () => {
    api.instead.push({ status: 307, body: '', headers: { location: '/elsewhere' } })
    expect(await fairway('status', ...as('ada'))).toBe(0)
    expect(err[0]).toMatch(/does not answer/)
  })

  it('is an unexpected error of the function: no second try, exit 3', async () => {
    api.instead.push({ status: 500, body: '{"type":"Terminal","message":"an unexpected error"}' })
    expect(await fairway('status', ...as('ada'))).toBe(3)
    expect(err).toEqual(['fairway: an unexpected error'])
  })

  it('is a clock that is wrong', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString()
    api.instead.push({ status: 403, body: '{"message":"Forbidden"}', headers: { date } })
    expect(await fairway('status', ...as('ada'))).toBe(3)
    expect(err[0]).toContain('60 minutes off')
  })

  it('is an API that knows no such operation', async () => {
    api.instead.push({ status: 404, body: '{"message":"Not Found"}' })
    expect(await fairway('status', ...as('ada'))).toBe(3)
    expect(err.join('\n')).toMatch(/knows no operation status.*deploy the control plane again/s)
  })

  it.each<[string, readonly string[], RegExp]>([
    ['no stack', ['--installation', 'none', ...as('ada')], /no stack fairway-none in eu-west-1.*--installation/s],
    ['a stack of before', ['--installation', 'old', ...as('ada')], /no output OperationsUrl.*deploy it again/s],
    [
      'a stack that may not be read',
      ['--installation', 'closed', ...as('ada')],
      /DescribeStacks on arn:aws:cloud.*--url/s,
    ],
    ['a profile that is none', as('nobody'), /profile nobody.*list-profiles/s],
    ['an SSO session that is over', as('late'), /SSO session.*aws sso login --profile late/s],
    ['a code that nobody can type', as('careful'), /asks for a code.*without MFA/s],
    ['no credentials at all', ['--region', region], /no AWS credentials.*--profile/s],
  ])('is %s: what to do is said, exit 3', async (_, args, expected) => {
    expect(await fairway('status', ...args)).toBe(3)
    expect(err.join('\n')).toMatch(expected)
    expect(err.join('\n')).not.toContain('secret of')
  })

  it.each<[string, readonly string[], RegExp]>([
    ['nowhere', [], /which control plane\?.*--dir DIR.*FAIRWAY_URL/s],
    ['two places', ['--dir', '.', '--profile', 'ada'], /--dir.*one of the two/s],
    ['a URL without TLS', ['--url', 'http://fairway.example', ...as('ada')], /https/],
    ['no region', ['--profile', 'bo'], /region/],
  ])('is a command for %s: exit 2', async (_, args, expected) => {
    expect(await fairway('status', ...args)).toBe(2)
    expect(err.join('\n')).toMatch(expected)
  })
})
