import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { secretName } from '../../domain/names.ts'
import { countingRandom, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { secrets, type SecretsSubject } from './index.ts'
import type { SecretsSpec } from './schema.ts'

/** Entries whose record was lost: generations go on, whatever the manifest says by now. */

const session = secretName('acme', 'dev', 'policy-admin', 'quotes', 'session')
const stripe = secretName('acme', 'dev', 'policy-admin', 'quotes', 'stripe')

function subject(spec: SecretsSpec): SecretsSubject {
  const system = systemNamed('policy-admin')
  return {
    installation,
    system,
    workload: 'quotes',
    incarnation: 1,
    cluster: clusterNamed('dev'),
    spec: { secrets: spec },
  }
}

const generated = (key: string) => subject({ session: { generate: { length: 24, key } } })

function world() {
  const { aws, now } = testAws({})
  const client = aws.secretsManager()
  const remote = { secretsManager: client, random: countingRandom() }
  const bench = provisionerBench(secrets, remote, now)
  return {
    bench,
    client,
    value: async (versionId: string) =>
      JSON.parse(
        (await client.send(new GetSecretValueCommand({ SecretId: session, VersionId: versionId }))).SecretString ?? '',
      ) as Record<string, string>,
    lost: () => {
      for (const map of [bench.claims, bench.credentials]) for (const name of Object.keys(map)) delete map[name]
      bench.memory.restoring = true
    },
  }
}

test('a generated value whose key was renamed meanwhile is the next generation, and never the first one again', async () => {
  const { bench, value, lost } = world()
  await bench.converge(generated('old'))
  const first = bench.credentials['session']
  lost()
  await bench.converge(generated('new'))
  const second = bench.credentials['session']
  expect([first?.generation, second?.generation]).toEqual([1, 2])
  expect(second?.versionId).not.toBe(first?.versionId)
  expect(Object.keys(await value(second?.versionId ?? ''))).toEqual(['new'])
})

test('a filled entry goes on under the generation that its version is labelled with, and the next one is the next', async () => {
  const { bench, client, lost } = world()
  const wanted = subject({ stripe: { keys: ['apiKey'] } })
  const fill = (apiKey: string) =>
    client.send(new PutSecretValueCommand({ SecretId: stripe, SecretString: JSON.stringify({ apiKey }) }))
  await bench.converge(wanted)
  for (const apiKey of ['one', 'two', 'three']) {
    await fill(apiKey)
    await bench.converge(wanted)
  }
  const { previous, ...before } = bench.credentials['stripe']!
  expect([before.generation, previous?.length]).toEqual([3, 2])
  lost()
  await bench.converge(wanted)
  // What was in its overlap is not known any more: it ends with the loss.
  expect(bench.credentials['stripe']).toEqual(before)
  await fill('four')
  await bench.converge(wanted)
  expect(bench.credentials['stripe']?.generation).toBe(4)
})
