import { expect, test } from 'vitest'
import { versionToken } from '../../domain/names.ts'
import type { NatsOutput } from '../../domain/outputs.ts'
import { goldenManifests } from '../../test/contract/provisioner-golden.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { nats } from './index.ts'
import type { NatsSubject } from './index.ts'

const subject: NatsSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
}

function output(...generations: readonly number[]): NatsOutput {
  const secret = 'fairway/acme/dev/policy-admin/quotes/nats'
  const versions = generations.map((generation) => ({ versionId: versionToken(secret, 1, generation), generation }))
  const credentials = { entry: 'nats', secret, versions, keys: ['nats.creds'] }
  return { url: 'nats://nats.example:4222', account: 'A', inboxPrefix: '_INBOX_policy-admin_quotes_dev', credentials }
}

goldenManifests(import.meta.dirname, {
  current: () => nats.render(subject, { nats: output(1) }),
  overlap: () => nats.render(subject, { nats: output(1, 2) }),
})

test('a workload without NATS has no manifest of it', () => {
  expect(nats.render(subject, {})).toEqual([])
})
