import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { secretName, tagKeys } from '../../domain/names.ts'
import { readEntries } from '../../secretentries/index.ts'
import { countingRandom, home, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { secretsBulk } from './bulk.ts'
import { secrets } from './index.ts'
import type { SecretsSubject } from './index.ts'
import type { SecretsSpec } from './schema.ts'

const stripe = secretName('acme', 'dev', 'policy-admin', 'quotes', 'stripe')
const session = secretName('acme', 'dev', 'policy-admin', 'quotes', 'session')
const both = subject({ stripe: { keys: ['apiKey'] }, session: { generate: { length: 32, key: 'value' } } })
const hour = 3_600_000

/** What a person does to a healthy placement, and what a look finds. */
const changes: readonly [string, (it: Settled) => Promise<unknown>, readonly [string, string][]][] = [
  ['a secret is scheduled for deletion', (it) => it.remove(session, 7), [['secret-deleted', session]]],
  ['a secret is deleted for good', (it) => it.remove(stripe, 0), [['secret-deleted', stripe]]],
  ['a generated secret is deleted for good', (it) => it.remove(session, 0), [['secret-deleted', session]]],
  ['a tag is changed', (it) => it.tag(stripe, tagKeys.team, 'mine'), [['secret-tags-changed', stripe]]],
  ['a tag is removed', (it) => it.untag(session, tagKeys.specHash), [['secret-tags-changed', session]]],
  ['the tag of the installation is removed', (it) => it.untag(stripe, tagKeys.installation), [['disowned', stripe]]],
  [
    'the tag of another installation is put on it',
    (it) => it.tag(session, tagKeys.installation, 'other'),
    [['disowned', session]],
  ],
  ['the label of a generated generation is taken', (it) => it.unlabel(session), [['secret-changed', session]]],
  ['the label of a placeholder’s generation is taken', (it) => it.unlabel(stripe), [['secret-changed', stripe]]],
  ['somebody edits a generated value', (it) => it.write(session, '{"value":"x"}'), [['secret-changed', session]]],
  ['the version of a generated value is lost', (it) => it.lose(session), [['secret-changed', session]]],
  ['a tag of somebody else’s is added', (it) => it.tag(stripe, 'theirs', 'yes'), []],
]

describe('a look at secrets in pages', () => {
  test.each(changes)('when %s plans what a look at that one secret does', async (_what, change, expected) => {
    const it = await settled()
    await change(it)
    const { found, planned } = await it.look(both)
    expect(planned).toEqual(await it.plan(both))
    expect(found.map(({ kind, where }) => [kind, where])).toEqual(expected)
  })

  test('of what is as it should be finds nothing, in one call, and reads no value', async () => {
    const it = await settled()
    it.calls.length = 0
    expect(await it.seen(both)).toEqual([])
    expect(it.calls).toEqual(['ListSecrets'])
  })

  test('finds what an owner wrote and no event told of: it is due, and its value is not read by the look', async () => {
    const it = await settled()
    const version = await it.write(stripe, '{"apiKey":"k-2"}')
    it.calls.length = 0
    expect(await it.seen(both)).toEqual([
      { kind: 'due', where: stripe, what: expect.stringContaining(`look into version ${version}`) },
    ])
    expect(it.calls).toEqual(['ListSecrets'])
    await it.converge(both)
    expect(await it.seen(both)).toEqual([])
  })

  test('does not ask again about what lacks keys: it waits for its owner', async () => {
    const it = await settled()
    await it.write(stripe, '{}')
    expect(await it.seen(both)).toMatchObject([{ kind: 'due' }])
    await it.converge(both)
    expect(await it.seen(both)).toEqual([])
  })

  test('asks nobody to look into what is not ours', async () => {
    const it = await settled()
    await it.write(stripe, '{"apiKey":"k-2"}')
    await it.untag(stripe, tagKeys.installation)
    expect((await it.seen(both)).map(({ kind }) => kind)).toEqual(['disowned'])
  })

  test('tells what is due from what somebody changed: rotation, an overlap’s end, a new entry, a removed one', async () => {
    const it = await settled()
    it.rotations['session'] = { kind: 'rotate', above: 1 }
    expect(await it.kinds(both)).toEqual([['due', session]])
    await it.converge(both)
    it.pins['session'] = { versionId: it.credentials['session']!.versionId, since: it.clock.now() }
    expect(await it.kinds(both)).toEqual([])
    await it.clock.sleep(48 * hour)
    expect(await it.kinds(both)).toEqual([['due', session]])
    await it.converge(both)
    const another = subject({ ...both.spec?.secrets, token: { keys: ['t'] } })
    expect(await it.kinds(another)).toEqual([['due', session.replace('session', 'token')]])
    expect(await it.kinds(subject({ stripe: { keys: ['apiKey'] } }))).toEqual([['due', session]])
  })

  test('tells a secret that was given up and is wanted again from one that somebody deleted', async () => {
    const it = await settled()
    await it.converge(subject({ stripe: { keys: ['apiKey'] } }))
    expect(await it.kinds(both)).toEqual([['due', session]])
  })

  test('has orphans: ours by tag and name, present, and on no record', async () => {
    const it = await settled()
    const orphan = secretName('acme', 'dev', 'policy-admin', 'quotes', 'left')
    const Tags = [{ Key: tagKeys.installation, Value: 'acme' }]
    await it.outside.send(new CreateSecretCommand({ Name: orphan, Tags }))
    await it.outside.send(new CreateSecretCommand({ Name: orphan.replace('left', 'nats'), Tags }))
    const unaccounted = async () => {
      const snapshot = await it.snapshot()
      const accounted = secretsBulk.accounts(secrets.desired(both, it.memoryNow()))
      return [...secretsBulk.owned(snapshot)].map(({ id }) => id).filter((id) => !accounted.includes(id))
    }
    expect(await unaccounted()).toEqual([orphan])
    await it.remove(orphan, 7)
    expect(await unaccounted()).toEqual([])
  })

  test('accounts for what is on its way out until it is on record as given up', async () => {
    const it = await settled()
    const one = subject({ stripe: { keys: ['apiKey'] } })
    const accounts = () => secretsBulk.accounts(secrets.desired(one, it.memoryNow()))
    expect(accounts()).toContain(session)
    await it.converge(one)
    expect(accounts()).toEqual([stripe])
  })
})

type Settled = Awaited<ReturnType<typeof settled>>

/** Both entries are filled, delivered, and older than the service's own delay. */
async function settled() {
  const calls: string[] = []
  const { aws, clock, now } = testAws({}, ({ operation }) => void calls.push(operation))
  const outside = aws.outside.secretsManager()
  const client = aws.secretsManager()
  const it = provisionerBench(secrets, { secretsManager: client, random: countingRandom() }, now)
  const write = async (SecretId: string, SecretString: string) =>
    (await outside.send(new PutSecretValueCommand({ SecretId, SecretString }))).VersionId
  await it.converge(both)
  await write(stripe, '{"apiKey":"k-1"}')
  await it.converge(both)
  await clock.sleep(hour)
  const version = (entry: string) => it.credentials[entry]!.versionId
  const moveLabel = (SecretId: string, VersionStage: string) =>
    outside.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage,
        RemoveFromVersionId: version(SecretId === stripe ? 'stripe' : 'session'),
      }),
    )
  const memoryNow = () =>
    structuredClone({ claims: it.claims, credentials: it.credentials, rotations: it.rotations, pins: it.pins })
  const place = { installation, ...home, clusters: [clusterNamed('dev')] }
  const snapshot = () => secretsBulk.snapshot({ entries: () => readEntries(client, 'acme') }, place)
  const look = async (wanted: SecretsSubject) => {
    const desired = secrets.desired(wanted, memoryNow())
    const observed = secretsBulk.observed(desired, await snapshot())
    const planned = secrets.plan(desired, observed, now())
    const drift = planned.flatMap((action) => secretsBulk.drift(action, desired, observed) ?? [])
    return { planned, found: [...drift, ...(secretsBulk.unread?.(desired, observed) ?? [])] }
  }
  return {
    ...it,
    calls,
    clock,
    outside,
    memoryNow,
    snapshot,
    look,
    seen: async (wanted: SecretsSubject) => (await look(wanted)).found,
    /** Each once. */
    kinds: async (wanted: SecretsSubject) => {
      const found = (await look(wanted)).found.map(({ kind, where }) => `${kind} ${where}`)
      return [...new Set(found)].map((line) => line.split(' '))
    },
    write,
    remove: (SecretId: string, days: number) =>
      outside.send(
        new DeleteSecretCommand({
          SecretId,
          ...(days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days }),
        }),
      ),
    tag: (SecretId: string, Key: string, Value: string) =>
      outside.send(new TagResourceCommand({ SecretId, Tags: [{ Key, Value }] })),
    untag: (SecretId: string, Key: string) => outside.send(new UntagResourceCommand({ SecretId, TagKeys: [Key] })),
    unlabel: (SecretId: string) => moveLabel(SecretId, 'fairway-g1'),
    /** Its labels are taken, and it is pruned. */
    lose: async (SecretId: string) => {
      await write(SecretId, '{"value":"x"}')
      await moveLabel(SecretId, 'AWSPREVIOUS')
      await moveLabel(SecretId, 'fairway-g1')
    },
  }
}

function subject(spec: SecretsSpec): SecretsSubject {
  const cluster = clusterNamed('dev')
  return {
    installation,
    system: systemNamed('policy-admin'),
    workload: 'quotes',
    incarnation: 1,
    cluster,
    spec: { secrets: spec },
  }
}
