import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import { secretName } from '../../domain/names.ts'
import { countingRandom, secretsOf, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import type { SecretsSubject } from './index.ts'
import { secrets } from './index.ts'
import type { SecretsAction } from './plan.ts'
import type { SecretsSpec } from './schema.ts'

const stripe = secretName('acme', 'dev', 'policy-admin', 'quotes', 'stripe')
const session = secretName('acme', 'dev', 'policy-admin', 'quotes', 'session')
const hour = 3_600_000

describe('a placeholder', () => {
  const wanted = subject({ stripe: { keys: ['apiKey', 'hook'] } })

  test('is made without a value, says who fills it with what, and is delivered by nobody', async () => {
    const it = bench()
    await it.converge(wanted)
    expect(await it.versions(stripe)).toEqual({})
    const [waits] = await it.waiting(wanted)
    expect(waits?.reason).toBe('AwaitingSecret')
    for (const part of ['apiKey', 'hook', stripe, '111111111111', 'eu-west-1']) expect(waits?.message).toContain(part)
    expect((await it.output(wanted))?.entries).toEqual([])
  })

  test('is delivered as the version that its owner wrote, pinned by a label of its generation', async () => {
    const it = bench()
    await it.converge(wanted)
    const written = await it.write(stripe, { apiKey: 'k-1', hook: 'h-1' })
    await it.converge(wanted)
    expect(await it.waiting(wanted)).toEqual([])
    expect((await it.output(wanted))?.entries).toEqual([
      { entry: 'stripe', secret: stripe, versions: [{ versionId: written, generation: 1 }], keys: ['apiKey', 'hook'] },
    ])
    expect(await it.versions(stripe)).toEqual({ [written]: ['AWSCURRENT', 'fairway-g1'] })
  })

  test('waits for the keys that are missing or empty, by name', async () => {
    const it = bench()
    await it.converge(wanted)
    await it.write(stripe, { apiKey: 'k-1', hook: '' })
    await it.converge(wanted)
    const [waits] = await it.waiting(wanted)
    expect(waits?.message).toContain('hook')
    expect(waits?.message).not.toContain('apiKey')
  })

  test.each(['not json', '"text"', '[1]', 'null'])('that holds %s lacks all its keys', async (text) => {
    const it = bench()
    await it.converge(wanted)
    await it.write(stripe, text)
    await it.converge(wanted)
    expect((await it.waiting(wanted))[0]?.message).toContain('apiKey, hook')
  })

  test('is looked into once per version: a reconcile of what is known reads no value', async () => {
    const it = bench()
    await it.converge(wanted)
    await it.write(stripe, { apiKey: 'k-1' })
    await it.converge(wanted)
    expect(it.valuesRead()).toBe(1)
    await it.converge(wanted)
    await it.waiting(wanted)
    expect(it.valuesRead()).toBe(1)
    await it.write(stripe, { apiKey: 'k-1', hook: 'h-1' })
    await it.converge(wanted)
    await it.converge(wanted)
    expect(it.valuesRead()).toBe(2)
  })

  test('stays delivered while a later version lacks keys, and says so', async () => {
    const it = bench()
    await it.converge(wanted)
    const complete = await it.write(stripe, { apiKey: 'k-1', hook: 'h-1' })
    await it.converge(wanted)
    await it.write(stripe, { apiKey: 'k-2' })
    await it.converge(wanted)
    expect((await it.output(wanted))?.entries[0]?.versions).toEqual([{ versionId: complete, generation: 1 }])
    expect((await it.waiting(wanted))[0]?.message).toContain('hook')
  })

  test('that gets another key is looked into again: what was filled in beforehand is delivered', async () => {
    const it = bench()
    const before = subject({ stripe: { keys: ['apiKey'] } })
    await it.converge(before)
    const written = await it.write(stripe, { apiKey: 'k-1', hook: 'h-1' })
    await it.converge(before)
    await it.converge(wanted)
    expect((await it.output(wanted))?.entries).toMatchObject([
      { keys: ['apiKey', 'hook'], versions: [{ versionId: written, generation: 1 }] },
    ])
  })

  test('that gets a key which is not filled in keeps delivering what it has', async () => {
    const it = bench()
    const before = subject({ stripe: { keys: ['apiKey'] } })
    await it.converge(before)
    await it.write(stripe, { apiKey: 'k-1' })
    await it.converge(before)
    await it.converge(wanted)
    expect((await it.output(wanted))?.entries[0]?.keys).toEqual(['apiKey'])
    expect((await it.waiting(wanted))[0]?.message).toContain('hook')
  })

  test('is never written by Fairway, whatever happens to it', async () => {
    const it = bench()
    await it.converge(wanted)
    await it.write(stripe, { apiKey: 'k-1', hook: 'h-1' })
    for (let round = 0; round < 5; round++) {
      await it.converge(wanted)
      await it.write(stripe, { apiKey: `k-${round}`, hook: 'h' })
    }
    await it.converge(wanted)
    expect(it.operations()).not.toContain('PutSecretValue')
  })

  test('keeps what was replaced delivered for a day after the branch pinned its successor, and then lets go of it', async () => {
    const it = bench()
    await it.converge(wanted)
    for (const apiKey of ['a', 'b', 'c']) {
      await it.write(stripe, { apiKey, hook: 'h' })
      await it.converge(wanted)
    }
    const generations = async () => (await it.output(wanted))?.entries[0]?.versions.map(({ generation }) => generation)
    expect(await generations()).toEqual([1, 2, 3])
    await it.clock.sleep(48 * hour)
    expect(await it.converge(wanted)).toEqual([])
    it.pins['stripe'] = { versionId: it.credentials['stripe']!.versionId, since: it.clock.now() }
    await it.clock.sleep(23 * hour)
    expect(await it.converge(wanted)).toEqual([])
    await it.clock.sleep(2 * hour)
    await it.converge(wanted)
    expect(await generations()).toEqual([3])
    const labels = Object.values(await it.versions(stripe)).flat()
    expect(labels.filter((label) => label.startsWith('fairway-g'))).toEqual(['fairway-g3'])
  })

  test('an owner who goes back to an earlier version gets that generation back, delivered once', async () => {
    const it = bench()
    await it.converge(wanted)
    const current = () => it.credentials['stripe']?.versionId ?? ''
    await it.write(stripe, { apiKey: 'a', hook: 'h' })
    await it.converge(wanted)
    const first = current()
    await it.write(stripe, { apiKey: 'b', hook: 'h' })
    await it.converge(wanted)
    const move = {
      SecretId: stripe,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: first,
      RemoveFromVersionId: current(),
    }
    await it.outside.send(new UpdateSecretVersionStageCommand(move))
    await it.converge(wanted)
    expect((await it.output(wanted))?.entries[0]?.versions).toMatchObject([{ generation: 2 }, { generation: 1 }])
    expect(current()).toBe(first)
    await it.write(stripe, { apiKey: 'c', hook: 'h' })
    await it.converge(wanted)
    expect(it.credentials['stripe']?.generation).toBe(3)
  })
})

describe('a generated entry', () => {
  const wanted = subject({ session: { generate: { length: 40, key: 'value' } } })

  test('is letters and digits of the length asked for, under the key asked for, and made once', async () => {
    const it = bench()
    await it.converge(wanted)
    const value = await it.read(session)
    expect(value['value']).toMatch(/^[A-Za-z0-9]{40}$/)
    for (let round = 0; round < 3; round++) await it.converge(wanted)
    expect(await it.read(session)).toEqual(value)
    expect(Object.keys(await it.versions(session))).toHaveLength(1)
  })

  test('another length is no reason to make it again', async () => {
    const it = bench()
    await it.converge(wanted)
    const value = await it.read(session)
    await it.converge(subject({ session: { generate: { length: 64, key: 'value' } } }))
    expect(await it.read(session)).toEqual(value)
  })

  test('another key keeps the value and is delivered as another version', async () => {
    const it = bench()
    await it.converge(wanted)
    const before = await it.output(wanted)
    const { value } = await it.read(session)
    const renamed = subject({ session: { generate: { length: 40, key: 'token' } } })
    await it.converge(renamed)
    expect(await it.read(session)).toEqual({ token: value })
    const [entry] = (await it.output(renamed))?.entries ?? []
    expect(entry?.keys).toEqual(['token'])
    // What pods start with stands last; the one before is delivered under its own key.
    expect(entry?.versions).toMatchObject([{ ...before?.entries[0]?.versions[0], keys: ['value'] }, { generation: 2 }])
  })

  test('another key keeps the value also when Fairway died in between', async () => {
    const it = bench()
    await it.converge(wanted)
    const { value } = await it.read(session)
    const renamed = subject({ session: { generate: { length: 40, key: 'token' } } })
    const mint = (await it.plan(renamed)).find(({ type }) => type === 'mint')
    if (mint?.type !== 'mint') throw new Error('nothing to mint')
    await it.ledger.credential('session', { ...mint.credential, state: 'issuing' })
    await it.converge(renamed)
    expect(await it.read(session)).toEqual({ token: value })
  })

  test('is made again when somebody asks for rotation, and once', async () => {
    const it = bench()
    await it.converge(wanted)
    const before = await it.read(session)
    it.rotations['session'] = { kind: 'rotate', above: 1 }
    await it.converge(wanted)
    await it.converge(wanted)
    expect(await it.read(session)).not.toEqual(before)
    expect(it.credentials['session']).toMatchObject({ generation: 2, reason: 'requested' })
  })

  test('goes back to the generation before within its overlap, and counts on from the highest', async () => {
    const it = bench()
    await it.converge(wanted)
    const first = await it.read(session)
    it.rotations['session'] = { kind: 'rotate', above: 1 }
    await it.converge(wanted)
    it.rotations['session'] = { kind: 'roll-back', above: 2, to: 1 }
    await it.converge(wanted)
    expect(await it.read(session)).toEqual(first)
    expect((await it.output(wanted))?.entries[0]?.versions.map(({ generation }) => generation)).toEqual([2, 1])
    it.rotations['session'] = { kind: 'rotate', above: 2 }
    await it.converge(wanted)
    expect(it.credentials['session']).toMatchObject({ generation: 3 })
  })

  test('is made again as the next generation when it was deleted for good', async () => {
    const it = bench()
    await it.converge(wanted)
    await it.clock.sleep(hour)
    await it.outside.send(new DeleteSecretCommand({ SecretId: session, ForceDeleteWithoutRecovery: true }))
    await it.clock.sleep(hour)
    await it.converge(wanted)
    expect(it.credentials['session']).toMatchObject({ generation: 2, reason: 'lost', state: 'current' })
    expect((await it.output(wanted))?.entries[0]?.versions[0]?.generation).toBe(2)
  })

  test('is restored with its value when it was only scheduled for deletion', async () => {
    const it = bench()
    await it.converge(wanted)
    const value = await it.read(session)
    await it.outside.send(new DeleteSecretCommand({ SecretId: session, RecoveryWindowInDays: 7 }))
    await it.converge(wanted)
    expect(await it.read(session)).toEqual(value)
    expect(it.credentials['session']?.generation).toBe(1)
  })

  test('that somebody overwrote is current again, and delivered all the while', async () => {
    const it = bench()
    await it.converge(wanted)
    const [before, value] = [await it.output(wanted), await it.read(session)]
    await it.write(session, { value: 'mine' })
    expect(await it.output(wanted)).toEqual(before)
    await it.converge(wanted)
    expect(await it.read(session)).toEqual(value)
  })

  test('that lost its label gets it back, so that it is not pruned', async () => {
    const it = bench()
    await it.converge(wanted)
    const before = await it.versions(session)
    const [RemoveFromVersionId] = Object.keys(before)
    const stage = { SecretId: session, VersionStage: 'fairway-g1', RemoveFromVersionId }
    await it.outside.send(new UpdateSecretVersionStageCommand(stage))
    await it.converge(wanted)
    expect(await it.versions(session)).toEqual(before)
  })

  test('of a workload that comes back is a new one: what was revoked is not picked up', async () => {
    const it = bench()
    await it.converge(wanted)
    const before = await it.read(session)
    const { spec: _, ...retired } = wanted
    await it.converge(retired)
    await it.converge({ ...wanted, incarnation: 2 })
    expect(await it.read(session)).not.toEqual(before)
    expect(it.credentials['session']?.generation).toBe(2)
    expect(it.claims['session']).toMatchObject({ incarnation: 2 })
    expect(it.claims['session']?.retained).toBeUndefined()
  })

  test('is on record before it has a value: whoever lost the lease makes none', async () => {
    const it = bench()
    const lost = { ...it.ledger, credential: () => Promise.reject(new Conflict('an old fence')) }
    const actions = await it.plan(wanted)
    const remote = { secretsManager: it.aws.secretsManager(), random: countingRandom() }
    const applied = (async () => {
      for (const action of actions) await secrets.apply(action as SecretsAction, remote, lost)
    })()
    await expect(applied).rejects.toBeInstanceOf(Conflict)
    expect(await it.versions(session)).toEqual({})
  })

  test('that was adopted keeps its value when that stands under the right key', async () => {
    const it = bench()
    await it.converge(wanted)
    const value = await it.read(session)
    for (const what of Object.keys(it.credentials)) delete it.credentials[what]
    it.claims['session'] = { id: session, incarnation: 1, adopted: true }
    await it.converge(wanted)
    expect(await it.read(session)).toEqual(value)
    expect(it.claims['session']?.adopted).toBeUndefined()
  })
})

describe('an entry that is declared no more', () => {
  const both = subject({ stripe: { keys: ['apiKey'] }, session: { generate: { length: 32, key: 'value' } } })
  const one = subject({ session: { generate: { length: 32, key: 'value' } } })

  test('is scheduled for deletion, with the recovery window of the installation, and costs nothing afterwards', async () => {
    const it = bench()
    await it.converge(both)
    await it.converge(one)
    const deleted = (await secretsOf(it.aws)).filter((line) => line.includes('"deleted":true'))
    expect(deleted).toHaveLength(1)
    expect(deleted[0]).toContain(stripe)
    expect(it.claims['stripe']?.retained).toBe(true)
    it.forgetCalls()
    await it.plan(one)
    expect(it.operations()).toEqual(['DescribeSecret'])
  })

  test('that is declared again is restored with what its owner wrote', async () => {
    const it = bench()
    await it.converge(both)
    const written = await it.write(stripe, { apiKey: 'k-1' })
    for (const spec of [both, one, both]) await it.converge(spec)
    const entries = (await it.output(both))?.entries ?? []
    expect(entries.find(({ entry }) => entry === 'stripe')?.versions[0]?.versionId).toBe(written)
  })
})

test('the value of a secret that is not ours is not read', async () => {
  const it = bench()
  await it.converge(subject({ stripe: { keys: ['apiKey'] } }))
  await it.write(stripe, { apiKey: 'theirs' })
  delete it.claims['stripe']
  const [refusal] = await it.plan(subject({ stripe: { keys: ['apiKey'] } }))
  expect(refusal?.type).toBe('refuse')
  expect(it.valuesRead()).toBe(0)
})

test('an adopted secret is tagged before its value is looked at or anything else is done with it', async () => {
  const it = bench()
  const SecretString = JSON.stringify({ apiKey: 'theirs', value: 'theirs' })
  for (const [entry, Name] of [
    ['stripe', stripe],
    ['session', session],
  ] as const) {
    await it.outside.send(new CreateSecretCommand({ Name, SecretString }))
    it.claims[entry] = { id: Name, incarnation: 1, adopted: true }
  }
  const spec = subject({ stripe: { keys: ['apiKey'] }, session: { generate: { length: 32, key: 'value' } } })
  const actions = await it.plan(spec)
  expect(actions.map(({ type }) => type)).toEqual(['tag', 'tag'])
  expect(it.valuesRead()).toBe(0)
  await it.applyAll(actions)
  await it.converge(spec)
  expect(await it.read(session)).toMatchObject({ value: 'theirs' })
  expect((await it.output(spec))?.entries).toHaveLength(2)
})

test('no value is in the record, in what is handed out, or in a plan', async () => {
  const it = bench()
  const spec = subject({ stripe: { keys: ['apiKey'] }, session: { generate: { length: 32, key: 'value' } } })
  const plans = [await it.plan(spec)]
  await it.converge(spec)
  await it.write(stripe, { apiKey: 'sk-live-of-the-owner' })
  plans.push(await it.plan(spec))
  await it.converge(spec)
  const { value } = await it.read(session)
  const told = JSON.stringify([plans, it.claims, it.credentials, await it.output(spec), await it.waiting(spec)])
  for (const secret of [String(value), 'sk-live-of-the-owner']) {
    expect(told).not.toContain(secret)
    expect(told).not.toContain(Buffer.from(secret).toString('base64'))
  }
})

function subject(spec: SecretsSpec): SecretsSubject {
  const cluster = clusterNamed('dev')
  const system = systemNamed('policy-admin')
  return { installation, system, workload: 'quotes', incarnation: 1, cluster, spec: { secrets: spec } }
}

function bench() {
  let calls: string[] = []
  const { aws, clock, now } = testAws({}, ({ operation }) => void calls.push(operation))
  const outside = aws.outside.secretsManager()
  const remote = { secretsManager: aws.secretsManager(), random: countingRandom() }
  return {
    ...provisionerBench(secrets, remote, now),
    aws,
    clock,
    outside,
    operations: () => calls,
    forgetCalls: () => void (calls = []),
    valuesRead: () => calls.filter((operation) => operation === 'GetSecretValue').length,
    /** As its owner does. */
    write: async (SecretId: string, content: object | string) => {
      const SecretString = typeof content === 'string' ? content : JSON.stringify(content)
      const { VersionId } = await outside.send(new PutSecretValueCommand({ SecretId, SecretString }))
      return VersionId ?? ''
    },
    read: async (SecretId: string) => {
      const { SecretString } = await outside.send(new GetSecretValueCommand({ SecretId }))
      return JSON.parse(SecretString ?? '{}') as Record<string, unknown>
    },
    versions: async (secret: string) => {
      const line = (await secretsOf(aws)).find((one) => one.includes(`"secret":"${secret}"`)) ?? '{}'
      return Object.fromEntries((JSON.parse(line) as { versions: [string, string[]][] }).versions)
    },
  }
}
