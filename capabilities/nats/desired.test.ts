import { expect, test } from 'vitest'
import { clusterSpec, systemSpec } from '../../domain/resources.ts'
import type { AccountRecord } from './account.ts'
import { claimedAccount, desired, targetOf } from './desired.ts'
import type { NatsSubject } from './desired.ts'

const url = 'nats://a.example:4222'
const record = { name: 'policy-admin/dev', operator: 'main', url: 'nats://last.example:4222' } as AccountRecord

function subject(cluster: object = {}): NatsSubject {
  return {
    installation: {
      name: 'acme',
      account: '1',
      region: 'eu-west-1',
      permissionsBoundary: 'b',
      secretRecoveryDays: 7,
      overlap: { least: 600_000, most: 86_400_000 },
    },
    system: {
      name: 'policy-admin',
      spec: systemSpec.parse({
        team: 'policies',
        costCentre: 'cc-42',
        environments: ['dev'],
        nats: { prefixes: ['quotes'] },
      }),
    },
    workload: 'quotes',
    incarnation: 1,
    cluster: {
      name: 'dev',
      spec: clusterSpec.parse({
        environment: 'dev',
        aws: { account: '111122223333', region: 'eu-west-1', cluster: 'eks' },
        repository: { url: 'https://git.example/cluster.git' },
        nats: { url },
        ...cluster,
      }),
    },
  }
}

const memory = { claims: { role: { id: 'policy-admin/dev dev/quotes', incarnation: 1 } }, credentials: {} }

test.each([
  ['where the Cluster says', {}, url],
  ['where it was pushed last, when the Cluster names no servers', { nats: undefined }, record.url],
  [
    'where it was pushed last, when the Cluster names another operator',
    { nats: { url, operator: 'other' } },
    record.url,
  ],
  ['where it was pushed last, when the Cluster has another environment by now', { environment: 'prod' }, record.url],
])('a role is removed %s, always under the operator of its account', (_case, cluster, expected) => {
  const unwanted = desired(subject(cluster), memory)
  expect(targetOf(unwanted, record)).toEqual({ operator: 'main', url: expected })
  expect(claimedAccount(unwanted)).toEqual({ installation: 'acme', system: 'policy-admin', environment: 'dev' })
})
