import { AsyncLocalStorage } from 'node:async_hooks'
import { createHmac } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import { roleName } from '../../domain/names.ts'
import type { Table } from '../../domain/table.ts'
import { grantsOf } from '../../infra/stagegrants.ts'
import { placeholderOf, stageNames, type Stage } from '../../infra/stages.ts'
import { manifest } from '../support/controlplane.ts'
import { hosted, memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** The deployed handlers through a workload's life, each with what it asks of the table written down. */

type Call = keyof Table

/** What store/dynamodb.ts sends for each, beyond the read after a write whose answer was lost. */
const actions: Readonly<Record<Call, readonly string[]>> = {
  get: ['dynamodb:GetItem'],
  getMany: ['dynamodb:BatchGetItem'],
  create: ['dynamodb:PutItem', 'dynamodb:GetItem'],
  update: ['dynamodb:UpdateItem', 'dynamodb:GetItem'],
  remove: ['dynamodb:DeleteItem'],
  due: ['dynamodb:Query attention', 'dynamodb:BatchGetItem'],
  dueKeys: ['dynamodb:Query attention'],
  ofKind: ['dynamodb:Query kind', 'dynamodb:BatchGetItem'],
}

const running = new AsyncLocalStorage<Stage>()
const asked = new Map<Stage, Set<Call>>(stageNames.map((stage) => [stage, new Set()]))

beforeAll(async () => {
  const world = await memoryWorld()
  listen(world.core.table)
  world.control.fault = (name, _, when) => {
    const stage = stageNames.find((each) => placeholderOf(each) === name)
    if (when === 'before' && stage) running.enterWith(stage)
  }
  await life(world)
}, 120_000)

describe.each(stageNames)('%s', (stage) => {
  it('may do with the table what it does', () => {
    const granted = new Set(grantsOf(stage).flatMap(({ actions, resources }) => actions.flatMap(onIndex(resources))))
    const needed = [...(asked.get(stage) ?? [])].flatMap((call) => actions[call])
    expect(needed.filter((action) => !granted.has(action))).toEqual([])
    expect(needed.length).toBeGreaterThan(0)
  })
})

async function life(world: MemoryWorld): Promise<void> {
  const lines = [
    'nats: { publish: [claims.opened] }',
    'secrets: { session: { generate: { length: 24 } } }',
    'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
  ]
  await as('operate', () => world.operate({ operation: 'status' }))
  await as('doctor', () => world.operate({ operation: 'doctor' }))
  await as('restore', () => world.operate({ operation: 'restore', confirm: 'test' }))
  await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  await world.image('claims/one')
  await world.push(hosted.source, { 'fairway.yaml': manifest('two', [], 'policy-admin') })
  await world.pull(1, { 'fairway.yaml': manifest('three', [], 'policy-admin') })
  await as('operate', () => world.operate({ operation: 'reconcile', workload: 'claims/one' }))
  await webhook(world, 'one', 202)
  await webhook(world, 'one', 202)
  const publish = world.bus.publish.bind(world.bus)
  Object.assign(world.bus, { publish: () => Promise.reject(new RetryLater('the bus is down')) })
  await webhook(world, 'two', 503)
  Object.assign(world.bus, { publish })
  await world.quiet()
  await world.store.touch({ kind: 'Cluster', name: 'dev' })
  await as('sweep', () => world.functions['SweepFunction']?.({ operation: 'due' }))
  await world.quiet()
  const changed = { kind: 'Workload', name: 'claims/one' } as const
  await world.store.leases.acquire(changed, 'somebody')
  const requestParameters = { roleName: roleName('test', 'dev', 'claims', 'one') }
  const call = { eventName: 'DeleteRolePolicy', requestParameters }
  const event = { operation: 'resource-changed', source: 'aws.iam', ...world.home, call }
  await as('sweep', () => world.functions['SweepFunction']?.(event))
  const taken = await world.store.leases.acquire(changed, 'somebody')
  if (taken.result === 'acquired') await world.store.leases.release(changed, taken.fence)
  await as('source', () => world.functions['SourceFunction']?.({ operation: 'heads' }))
  await as('sweep', () => world.functions['SweepFunction']?.({ operation: 'fleet' }))
  await world.quiet()
  await world.push('claims-services', {})
  await as('operate', () => world.operate({ operation: 'retire', workload: 'claims/one', confirm: 'dev' }))
  await world.settle()
  expect((await world.workload('claims/one')).status.phase).toBe('Retired')
}

async function webhook(world: MemoryWorld, delivery: string, statusCode: number): Promise<void> {
  const body = JSON.stringify({
    repository: 'x',
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: '1'.repeat(40),
  })
  const signature = createHmac('sha256', 'webhook secret of the tests').update(body).digest('hex')
  const answer = await as('intake', () =>
    world.functions['IntakeFunction']?.({
      rawPath: '/webhooks/git/claims-services',
      headers: { 'x-fairway-signature-256': `sha256=${signature}`, 'x-fairway-delivery': delivery },
      body,
      requestContext: { stage: '$default', http: { method: 'POST' } },
    }),
  )
  expect(answer).toMatchObject({ statusCode })
}

function as<Result>(stage: Stage, call: () => Result): Result {
  return running.run(stage, call)
}

/** In place, because the store has taken hold of this very table. */
function listen(table: Table): void {
  for (const call of Object.keys(actions) as Call[]) {
    const original = table[call] as (...parameters: unknown[]) => unknown
    Object.assign(table, {
      [call]: (...parameters: unknown[]) => {
        const stage = running.getStore()
        if (stage) asked.get(stage)?.add(call)
        return original.apply(table, parameters)
      },
    })
  }
}

function onIndex(resources: readonly string[]): (action: string) => readonly string[] {
  return (action) =>
    action === 'dynamodb:Query' ? resources.map((resource) => `${action} ${resource.split('/').at(-1)}`) : [action]
}
