import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { tagKeys } from '../domain/names.ts'
import type { Tags } from '../domain/tags.ts'
import { toTagList } from '../domain/tags.ts'
import { countingRandom, home, TestClock } from '../test/contract/provisioner-aws.ts'
import { installation } from '../test/contract/provisioner-subjects.ts'
import { createAws } from '../local/aws/index.ts'
import type { AwsOptions } from '../local/aws/index.ts'
import { entryIn, observeEntry, ownedEntries, readEntries } from './index.ts'

const name = 'fairway/acme/dev/policy-admin/quotes/stripe'

describe('entries read in pages', () => {
  test('are what DescribeSecret tells of each: present, without a value, labelled, in their recovery window', async () => {
    const it = bench()
    await it.make(name, { SecretString: '{}', Tags: toTagList({ ...ours, team: 'x' }) })
    await it.label(name)
    await it.make(`${name}-empty`, {})
    await it.make(`${name}-going`, { SecretString: '{}' })
    await it.outside.send(new DeleteSecretCommand({ SecretId: `${name}-going`, RecoveryWindowInDays: 7 }))
    const entries = await readEntries(it.client, 'acme')
    for (const each of [name, `${name}-empty`, `${name}-going`, `${name}-none`]) {
      expect(entryIn(entries, each)).toEqual(await observeEntry(it.client, each))
    }
    expect(entryIn(entries, `${name}-going`)).toMatchObject({ status: 'scheduled-deletion' })
  })

  test('are this installation’s alone: what only begins like it, or has its name in the middle, is left out', async () => {
    const it = bench()
    const others = [
      'fairway/acme2/dev/a/b/c',
      'fairway/acm/dev/a/b/c',
      'x/fairway/acme/dev/a/b/c',
      'Fairway/acme/d/a/b/c',
    ]
    for (const each of [name, ...others]) await it.make(each, {})
    expect([...(await readEntries(it.client, 'acme')).keys()]).toEqual([name])
  })

  test('that a filter lets through although they begin otherwise are left out', async () => {
    const SecretList = [
      { Name: 'fairway acme other', ARN: 'arn:other' },
      { Name: name, ARN: 'arn:ours' },
    ]
    const client = { send: async () => ({ SecretList }) } as unknown as Parameters<typeof readEntries>[0]
    expect([...(await readEntries(client, 'acme')).keys()]).toEqual([name])
  })

  test('take one call for a hundred, and pages that are short of some end nothing', async () => {
    const it = bench()
    for (let index = 0; index < 250; index++) await it.make(`${name}-${index}`, {})
    expect((await readEntries(it.client, 'acme')).size).toBe(250)
    expect(it.calls).toEqual(['ListSecrets', 'ListSecrets', 'ListSecrets'])
    const short = bench(() => ({ kind: 'partial-page', items: 3 }))
    for (let index = 0; index < 10; index++) await short.make(`${name}-${index}`, {})
    expect((await readEntries(short.client, 'acme')).size).toBe(10)
  })

  test('read no value', async () => {
    const it = bench()
    await it.make(name, { SecretString: 'the-value' })
    const entries = await readEntries(it.client, 'acme')
    expect(new Set(it.calls)).toEqual(new Set(['ListSecrets']))
    expect(JSON.stringify([...entries])).not.toContain('the-value')
  })

  test('may be five minutes old', async () => {
    const it = bench(undefined, { secretsmanager: { ListSecrets: 300_000 } })
    await it.make(name, {})
    expect((await readEntries(it.client, 'acme')).size).toBe(0)
    await it.clock.sleep(300_001)
    expect((await readEntries(it.client, 'acme')).size).toBe(1)
  })
})

test('what an installation owns is what has its tag, a name of the right kind, and is not on its way out', async () => {
  const it = bench()
  await it.make(name, { Tags: toTagList(ours) })
  await it.make('fairway/acme/dev/policy-admin/quotes/nats', { Tags: toTagList(ours) })
  await it.make('fairway/acme/dev/policy-admin/quotes/untagged', {})
  await it.make('fairway/acme/dev/policy-admin/quotes/theirs', { Tags: toTagList({ [tagKeys.installation]: 'other' }) })
  await it.make('fairway/acme/too/short', { Tags: toTagList(ours) })
  await it.make('fairway/acme/dev/policy-admin/quotes/going', { Tags: toTagList(ours) })
  await it.outside.send(new DeleteSecretCommand({ SecretId: 'fairway/acme/dev/policy-admin/quotes/going' }))
  const place = { installation, ...home, clusters: [] }
  const entries = await readEntries(it.client, 'acme')
  expect([...ownedEntries(entries, place, (entry) => entry !== 'nats')]).toEqual([{ id: name, what: `secret ${name}` }])
})

const ours: Tags = { [tagKeys.installation]: 'acme' }

function bench(faults?: AwsOptions['faults'], readLag?: AwsOptions['readLag']) {
  const calls: string[] = []
  const clock = new TestClock()
  const aws = createAws({
    clock,
    random: countingRandom(),
    ...home,
    ...(readLag ? { readLag } : {}),
    faults: (call) => {
      calls.push(call.operation)
      return faults?.(call)
    },
  })
  const outside = aws.outside.secretsManager()
  return {
    calls,
    clock,
    outside,
    client: aws.secretsManager(),
    make: (Name: string, input: Partial<ConstructorParameters<typeof CreateSecretCommand>[0]>) =>
      outside.send(new CreateSecretCommand({ Name, ...input })),
    label: (SecretId: string) =>
      outside.send(
        new PutSecretValueCommand({ SecretId, SecretString: '{"a":1}', VersionStages: ['AWSCURRENT', 'x'] }),
      ),
  }
}
