import { expect, test } from 'vitest'
import { goldenManifests } from '../../test/contract/provisioner-golden.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import type { IamSubject } from './index.ts'
import { iam } from './index.ts'

const subject: IamSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: {},
}
const irsa = { ...subject, cluster: clusterNamed('dev', { identity: 'irsa' }) }
const roleArn = 'arn:aws:iam::111111111111:role/fairway/acme-dev-policy-admin-quotes-5f2k8d0a'
const withRole = { iam: { serviceAccount: 'quotes', roleArn } }
const withoutRole = { iam: { serviceAccount: 'quotes' } }

goldenManifests(import.meta.dirname, {
  'pod-identity': () => iam.render(subject, withRole),
  irsa: () => iam.render(irsa, withRole),
  'irsa-without-role': () => iam.render(irsa, withoutRole),
})

test('a workload that retires has no ServiceAccount', () => {
  const { spec: _, ...retired } = subject
  expect(iam.render(retired, withRole)).toEqual([])
})
