import { CreateRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import type { TenancySubject } from '../../domain/capability.ts'
import { readerRoleName, roleArn, tagKeys } from '../../domain/names.ts'
import { registerPermissionsBoundary } from '../../local/aws/index.ts'
import { awsErrors, home, roles, surrounded, testAws } from '../../test/contract/provisioner-aws.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { provisionerContract } from '../../test/contract/provisioner.ts'
import { tenancy } from './index.ts'

const RoleName = readerRoleName('acme', 'dev', 'policy-admin')
const key = 'arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab'

const wanted: TenancySubject = {
  installation,
  system: systemNamed('policy-admin'),
  cluster: clusterNamed('dev'),
}
const withKey = clusterNamed('dev', { aws: { ...wanted.cluster.spec.aws, secretsKey: key } })

provisionerContract({
  provisioner: tenancy,
  steadyReads: 4,
  errors: awsErrors,
  world: async (options) => {
    const { aws, now, settle } = testAws(options)
    const name = `${installation.permissionsBoundary}-reader`
    await registerPermissionsBoundary(aws, { account: home.account, name })
    await settle()
    return {
      remote: { iam: surrounded(aws.iam(), options.around) },
      subjects: { wanted, changed: { ...wanted, cluster: withKey }, retired: { ...wanted, retired: true as const } },
      now,
      settle,
      inventory: () => roles(aws),
      occupy: async () => {
        const AssumeRolePolicyDocument = JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        })
        await aws.outside.iam().send(new CreateRoleCommand({ RoleName, Path: '/fairway/', AssumeRolePolicyDocument }))
      },
      adoption: { reader: { id: roleArn(home, RoleName), incarnation: 1, adopted: true } },
      unmark: async () => {
        await aws.outside.iam().send(new UntagRoleCommand({ RoleName, TagKeys: [tagKeys.installation] }))
      },
    }
  },
})
