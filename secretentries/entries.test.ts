import { inspect } from 'node:util'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import { secretName, tagKeys, versionToken } from '../domain/names.ts'
import { SecretValue, reveal } from '../domain/secret.ts'
import { secretsOf, testAws } from '../test/contract/provisioner-aws.ts'
import type { NewVersion } from './index.ts'
import {
  ensureSecret,
  ensureVersion,
  labelVersion,
  observeEntry,
  promoteVersion,
  readVersion,
  removeLabel,
  retag,
  scheduleDeletion,
} from './index.ts'

const secret = secretName('acme', 'dev', 'policy-admin', 'quotes', 'nats')
const tags = { [tagKeys.installation]: 'acme', [tagKeys.team]: 'policies' }

describe('a version', () => {
  test('is made with its secret, current, labelled with its generation, and under the id it was asked for', async () => {
    const it = bench()
    const { versionId } = await ensureVersion(it.client, version(1, 'one'))
    expect(versionId).toBe(versionToken(secret, 1, 1))
    expect(await it.stages(versionId)).toEqual(['AWSCURRENT', 'fairway-g1'])
    expect(reveal(await readVersion(it.client, secret, versionId))).toBe('one')
  })

  test('is never replaced: the same token with another value keeps the first', async () => {
    const it = bench()
    const { versionId } = await ensureVersion(it.client, version(1, 'one'))
    await ensureVersion(it.client, version(1, 'two'))
    expect(reveal(await readVersion(it.client, secret, versionId))).toBe('one')
    expect(it.operations().filter((operation) => operation === 'PutSecretValue')).toHaveLength(1)
  })

  test('that lost its label is found again by its token, and keeps its value', async () => {
    const it = bench()
    const { versionId } = await ensureVersion(it.client, version(1, 'one'))
    const label = { SecretId: secret, VersionStage: 'fairway-g1', RemoveFromVersionId: versionId }
    await it.outside.send(new UpdateSecretVersionStageCommand(label))
    await ensureVersion(it.client, version(1, 'two'))
    expect(reveal(await readVersion(it.client, secret, versionId))).toBe('one')
    expect(await it.stages(versionId)).toContain('fairway-g1')
  })

  test('that is pending becomes current only when it is promoted, and the one before stays readable', async () => {
    const it = bench()
    const first = await ensureVersion(it.client, version(1, 'one'))
    const second = await ensureVersion(it.client, { ...version(2, 'two'), stage: 'AWSPENDING' })
    expect(await it.current()).toBe('one')
    await promoteVersion(it.client, secret, second.versionId)
    await promoteVersion(it.client, secret, second.versionId)
    expect(await it.current()).toBe('two')
    expect(await it.stages(second.versionId)).toEqual(['AWSCURRENT', 'fairway-g2'])
    expect(await it.stages(first.versionId)).toEqual(['AWSPREVIOUS', 'fairway-g1'])
    expect(reveal(await readVersion(it.client, secret, first.versionId))).toBe('one')
  })

  test('that is gone cannot be promoted, and nothing else is', async () => {
    const it = bench()
    await ensureVersion(it.client, version(1, 'one'))
    await expect(promoteVersion(it.client, secret, versionToken(secret, 1, 9))).rejects.toBeInstanceOf(Conflict)
    expect(await it.current()).toBe('one')
  })

  test('gets a label from another one, and loses it; both may be done twice', async () => {
    const it = bench()
    const first = await ensureVersion(it.client, version(1, 'one'))
    const second = await ensureVersion(it.client, version(2, 'two'))
    for (let twice = 0; twice < 2; twice++) await labelVersion(it.client, secret, second.versionId, 'fairway-g1')
    expect(await it.stages(second.versionId)).toContain('fairway-g1')
    expect(await it.stages(first.versionId)).not.toContain('fairway-g1')
    for (let twice = 0; twice < 2; twice++) await removeLabel(it.client, secret, second.versionId, 'fairway-g1')
    expect(await it.stages(second.versionId)).not.toContain('fairway-g1')
  })
})

describe('a secret', () => {
  test('is made without a value, with its tags and description', async () => {
    const it = bench()
    const made = await ensureSecret(it.client, { secret, tags, description: 'Store a JSON object' })
    expect(made.versions).toEqual({})
    expect(await observeEntry(it.client, secret)).toMatchObject({ status: 'present', tags, versions: {} })
    expect((await secretsOf(it.aws))[0]).toContain('Store a JSON object')
  })

  test('scheduled for deletion is observed with its versions, and restored with them', async () => {
    const it = bench()
    const { versionId, arn } = await ensureVersion(it.client, version(1, 'one'))
    await scheduleDeletion(it.client, secret, 7)
    await scheduleDeletion(it.client, secret, 7)
    expect(await observeEntry(it.client, secret)).toMatchObject({ status: 'scheduled-deletion', arn, tags })
    await ensureVersion(it.client, version(1, 'two'))
    expect(reveal(await readVersion(it.client, secret, versionId))).toBe('one')
  })

  test('that is not there is an observation, not an error, and its deletion is done already', async () => {
    const it = bench()
    expect(await observeEntry(it.client, secret)).toEqual({ status: 'absent' })
    await expect(scheduleDeletion(it.client, secret, 7)).resolves.toBeUndefined()
  })

  test('of somebody else that appeared meanwhile is left alone', async () => {
    const it = bench()
    await it.outside.send(new CreateSecretCommand({ Name: secret, SecretString: 'theirs' }))
    await expect(ensureVersion(it.client, version(1, 'ours'))).rejects.toBeInstanceOf(Conflict)
    await it.outside.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }))
    await expect(ensureVersion(it.client, version(1, 'ours'))).rejects.toBeInstanceOf(Conflict)
    expect((await secretsOf(it.aws))[0]).toContain('"deleted":true')
  })

  test('keeps the tags of others when ours are set', async () => {
    const it = bench()
    await it.outside.send(new CreateSecretCommand({ Name: secret, Tags: [{ Key: 'audit', Value: 'yes' }] }))
    await retag(it.client, secret, tags)
    expect(await observeEntry(it.client, secret)).toMatchObject({ tags: { ...tags, audit: 'yes' } })
  })
})

describe('no value leaves in an error', () => {
  test('that is too long', async () => {
    const it = bench()
    const value = `hunter2-${'x'.repeat(70_000)}`
    const error: unknown = await ensureVersion(it.client, version(1, value)).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Terminal)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
  })

  test('whatever AWS says about it', async () => {
    const refusing = {
      send: async (command: { input: { SecretString?: string } }) => {
        if (command.input.SecretString === undefined) return { ARN: 'arn', Name: secret, Tags: [tag()] }
        throw Object.assign(new Error(`Value '${command.input.SecretString}' is refused`), {
          name: 'InternalServiceError',
          $metadata: { httpStatusCode: 500 },
        })
      },
    } as unknown as ReturnType<typeof bench>['client']
    const error: unknown = await ensureVersion(refusing, version(1, 'hunter2')).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RetryLater)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
  })
})

function tag() {
  return { Key: tagKeys.installation, Value: 'acme' }
}

function version(generation: number, value: string): NewVersion {
  const versionId = versionToken(secret, 1, generation)
  return { secret, tags, versionId, generation, value: new SecretValue(value), stage: 'AWSCURRENT' }
}

function bench() {
  const calls: string[] = []
  const { aws } = testAws({}, ({ operation }) => void calls.push(operation))
  const outside = aws.outside.secretsManager()
  const client = aws.secretsManager()
  return {
    aws,
    outside,
    client,
    operations: () => calls,
    current: async () => (await outside.send(new GetSecretValueCommand({ SecretId: secret }))).SecretString,
    stages: async (versionId: string) => {
      const entry = await observeEntry(outside, secret)
      return entry.status === 'present' ? (entry.versions[versionId] ?? []).toSorted() : []
    },
  }
}
