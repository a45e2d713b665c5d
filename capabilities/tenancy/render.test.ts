import { expect, test } from 'vitest'
import type { TenancySubject } from '../../domain/capability.ts'
import { goldenManifests } from '../../test/contract/provisioner-golden.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { tenancy } from './index.ts'

const subject: TenancySubject = { installation, system: systemNamed('policy-admin'), cluster: clusterNamed('dev') }
const output = {
  namespace: 'policy-admin',
  readerRoleArn: 'arn:aws:iam::111111111111:role/fairway/acme-_reader-dev-policy-admin-5f2k8d0a',
}

goldenManifests(import.meta.dirname, {
  usual: () => tenancy.render(subject, output),
  'network-policies': () =>
    tenancy.render({ ...subject, system: systemNamed('policy-admin', { networkPolicies: {} }) }, output),
  'older-external-secrets': () => {
    const cluster = clusterNamed('prod', { externalSecrets: { namespaceTag: false } })
    return tenancy.render({ ...subject, cluster }, output)
  },
})

test('a system that left a cluster has nothing there', () => {
  expect(tenancy.render({ ...subject, retired: true }, output)).toEqual([])
})
