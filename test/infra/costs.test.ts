import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { SecretValue } from '../../domain/secret.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld } from '../support/memoryworld.ts'
import { measuring, type Usage } from '../support/usage.ts'
import { synthesise } from './template.ts'

/** docs/costs.md says what is counted here, over the deployed handlers, state machines and template. */

interface Costs {
  readonly prices: Readonly<Record<string, { readonly dollars: number; readonly per: string; readonly source: string }>>
  readonly counted: Readonly<Record<string, Usage>>
  readonly standing: Readonly<Record<string, number>>
}

const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')
const costs = JSON.parse(read('costs.json')) as Costs
const text = read('costs.md')
const stack = synthesise()

const counted = new Map<string, Usage>()
beforeAll(async () => {
  const world = await memoryWorld()
  const measure = measuring(world)
  const count = async (what: string, act: () => Promise<unknown>) => counted.set(what, await measure(act))
  const push = (...more: readonly string[]) => {
    const lines = ['nats: { publish: [claims.opened] }', 'secrets: { session: { generate: { length: 24 } } }', ...more]
    return world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  }
  await count('a push declares a workload', () => push())
  await count('its first image is pushed', () => world.image('claims/one'))
  await world.settle()
  await count('a push changes it', () => push('scaling: { min: 2, max: 4 }'))
  await world.settle()
  await count('it is looked at, and all is well', () => world.reconcile('claims/one'))
  const rotations = { 'dev/nats': { kind: 'rotate', above: 1 } } as const
  await count('its credential is rotated', async () => {
    await world.store.rotate({ kind: 'Workload', name: 'claims/one' }, rotations, { who: 'ada', what: 'rotate' })
    await world.bus.publish([{ type: 'RotationRequested', detail: { workload: 'claims/one', reason: 'asked' } }])
  })
  // A pod with the new one is there.
  const SecretId = 'fairway/test/dev/claims/one/nats'
  const { SecretString = '{}' } = await world.aws.outside
    .secretsManager(world.home)
    .send(new GetSecretValueCommand({ SecretId }))
  world.provider.join(new SecretValue((JSON.parse(SecretString) as Record<string, string>)['nats.creds'] ?? ''))
  world.clock.advance(17 * 60_000)
  await count('the one before is ended', () =>
    Promise.resolve(world.functions['SweepFunction']?.({ operation: 'due' })),
  )
  await count('a source is looked at, and nothing changed', () => world.look('claims-services', 'schedule'))
  await world.settle()
  for (const operation of ['due', 'unready']) {
    const what = `the sweep runs (${operation}), and nothing is due`
    await count(what, () => Promise.resolve(world.functions['SweepFunction']?.({ operation })))
    // The schedule's own call, which no state machine makes.
    counted.set(what, { ...(counted.get(what) as Usage), invocations: 1 })
  }
}, 60_000)

describe('docs/costs.json', () => {
  it.each(Object.keys(costs.counted))('has what is counted: %s', (what) => {
    const { readUnits, writeUnits, ...rest } = costs.counted[what] as Usage
    const now = counted.get(what)
    expect(now).toMatchObject(rest)
    // Records grow and shrink by some bytes with every change of what is in them.
    expect(Math.abs((now?.readUnits ?? 0) - readUnits)).toBeLessThanOrEqual(Math.ceil(readUnits / 4))
    expect(Math.abs((now?.writeUnits ?? 0) - writeUnits)).toBeLessThanOrEqual(Math.ceil(writeUnits / 4))
  })

  it('leaves out nothing that is counted', () => {
    expect(Object.keys(costs.counted).sort()).toEqual([...counted.keys()].sort())
  })

  it('has what stands there while nothing happens', () => {
    const number = (type: string) => stack.ofType(type).length
    expect(costs.standing).toEqual({
      alarms: number('AWS::CloudWatch::Alarm'),
      dashboards: number('AWS::CloudWatch::Dashboard'),
      keys: number('AWS::KMS::Key'),
      secrets: number('AWS::SecretsManager::Secret'),
    })
  })
})

describe('docs/costs.md', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))

  it('shows the counts of the data file', () => {
    for (const [what, { transitions, invocations, readUnits, writeUnits, events }] of Object.entries(costs.counted)) {
      const wanted = [what, transitions, invocations, readUnits, writeUnits, events].map(String)
      expect(
        cells.map((row) => row.slice(1, 7).join()),
        what,
      ).toContain(wanted.join())
    }
  })

  it('shows the prices of the data file, each with its source', () => {
    for (const [what, { dollars, per, source }] of Object.entries(costs.prices)) {
      expect(source, what).toMatch(/^https:\/\//)
      const row = cells.find(([, name]) => name === what)
      expect(row?.slice(2, 4), what).toEqual([String(dollars), per])
    }
  })

  it('shows what stands there', () => {
    for (const [what, number] of Object.entries(costs.standing)) {
      expect(
        cells.map((row) => row.slice(1, 3).join()),
        what,
      ).toContain(`${what},${number}`)
    }
  })
})
