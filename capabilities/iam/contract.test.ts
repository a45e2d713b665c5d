import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { ListPodIdentityAssociationsCommand, UntagResourceCommand } from '@aws-sdk/client-eks'
import { CreateRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import { roleArn, roleName, tagKeys } from '../../domain/names.ts'
import { registerCluster, registerPermissionsBoundary } from '../../local/aws/index.ts'
import type { SimulatedAws } from '../../local/aws/index.ts'
import { associations, awsErrors, home, roles, surrounded, testAws } from '../../test/contract/provisioner-aws.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { provisionerContract } from '../../test/contract/provisioner.ts'
import type { IamSubject } from './index.ts'
import { iam } from './index.ts'

const RoleName = roleName('acme', 'dev', 'policy-admin', 'quotes')
const clusterName = 'dev-1'

const wanted: IamSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: { aws: { statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::quotes-docs/*'] }] } },
}
const { spec: _spec, ...retired } = wanted
const changed: IamSubject = {
  ...wanted,
  system: systemNamed('policy-admin', { team: 'claims' }),
  spec: { aws: { statements: [{ actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:eu-west-1:1:quotes'] }] } },
}

provisionerContract({
  provisioner: iam,
  steadyReads: 6,
  errors: awsErrors,
  world: async (options) => {
    const { aws, now, settle } = testAws(options)
    await registerCluster(aws, { ...home, name: clusterName })
    await registerPermissionsBoundary(aws, { account: home.account, name: installation.permissionsBoundary })
    await settle()
    return {
      remote: { iam: surrounded(aws.iam(), options.around), eks: surrounded(aws.eks(), options.around) },
      subjects: { wanted, changed, retired },
      now,
      settle,
      inventory: async () => [...(await roles(aws)), ...(await associations(aws, clusterName))],
      occupy: () => occupy(aws),
      adoption: {
        role: { id: roleArn(home, RoleName), incarnation: 1, adopted: true },
        association: { id: 'dev-1/policy-admin/quotes', incarnation: 1, adopted: true },
      },
      unmark: () => unmark(aws),
    }
  },
})

async function occupy(aws: SimulatedAws): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ],
  })
  await aws.outside.iam().send(new CreateRoleCommand({ RoleName, Path: '/fairway/', AssumeRolePolicyDocument }))
  const role = { roleArn: roleArn(home, RoleName) }
  const holder = { clusterName, namespace: 'policy-admin', serviceAccount: 'quotes' }
  await aws.outside.eks().send(new CreatePodIdentityAssociationCommand({ ...holder, ...role }))
}

async function unmark(aws: SimulatedAws): Promise<void> {
  await aws.outside.iam().send(new UntagRoleCommand({ RoleName, TagKeys: [tagKeys.installation] }))
  const eks = aws.outside.eks()
  const listed = await eks.send(new ListPodIdentityAssociationsCommand({ clusterName }))
  const resourceArn = listed.associations?.[0]?.associationArn
  await eks.send(new UntagResourceCommand({ resourceArn, tagKeys: [tagKeys.installation] }))
}
