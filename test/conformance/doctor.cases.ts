/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateAddonCommand,
  CreateClusterCommand,
  DeleteAddonCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
} from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  DeletePolicyCommand,
  GetAccountSummaryCommand,
  GetPolicyCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account, region } from './clients.ts'
import { clusterName, createBoundary, createCluster, createRole, RoleName } from './fixture.ts'

/** What only the doctor asks for, and what it takes to break what it looks at. */

const eks = casesOf('eks')
const iam = casesOf('iam')

const addonName = 'eks-pod-identity-agent'
const noAddons = 'has no add-ons; https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeAddon.html'

export const doctorCases = [
  iam({
    rule: 'the account’s summary counts roles beside their quota',
    given: async (aws) => {
      const before = await aws.iam.send(new GetAccountSummaryCommand({}))
      await createRole(aws)
      return before.SummaryMap?.Roles ?? 0
    },
    when: (aws) => aws.iam.send(new GetAccountSummaryCommand({})),
    expected: ({ SummaryMap }, before) => {
      expect(SummaryMap?.Roles).toBe(before + 1)
      expect(SummaryMap?.RolesQuota).toBe(1000)
    },
  }),
  iam({
    rule: 'a policy that was deleted is not found',
    given: createBoundary,
    when: async (aws, PolicyArn) => {
      await aws.iam.send(new GetPolicyCommand({ PolicyArn }))
      await aws.iam.send(new DeletePolicyCommand({ PolicyArn }))
      return aws.iam.send(new GetPolicyCommand({ PolicyArn }))
    },
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'a policy that is attached cannot be deleted',
    moto: 'deletes it; https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html',
    given: async (aws) => {
      await createRole(aws)
      const PolicyArn = await createBoundary(aws)
      await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
      return PolicyArn
    },
    when: (aws, PolicyArn) => aws.iam.send(new DeletePolicyCommand({ PolicyArn })),
    expected: error('DeleteConflictException', 409),
  }),
  eks({
    rule: 'an add-on is described with its status and ARN, until it is deleted',
    moto: noAddons,
    given: (aws) => createCluster(aws),
    when: async (aws) => {
      await aws.eks.send(new CreateAddonCommand({ clusterName, addonName }))
      const { addon } = await aws.eks.send(new DescribeAddonCommand({ clusterName, addonName }))
      await aws.eks.send(new DeleteAddonCommand({ clusterName, addonName }))
      const gone = await aws.eks.send(new DescribeAddonCommand({ clusterName, addonName })).catch((reason) => reason)
      return { addon, gone: gone as Error }
    },
    expected: ({ addon, gone }) => {
      expect(addon).toMatchObject({ addonName, clusterName, status: 'ACTIVE' })
      expect(addon?.addonArn).toContain(`arn:aws:eks:${region}:${account}:addon/${clusterName}/${addonName}/`)
      expect(gone).toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } })
    },
  }),
  eks({
    rule: 'a second add-on of the same name is refused',
    moto: noAddons,
    given: async (aws) => {
      await createCluster(aws)
      await aws.eks.send(new CreateAddonCommand({ clusterName, addonName }))
    },
    when: (aws) => aws.eks.send(new CreateAddonCommand({ clusterName, addonName })),
    expected: error('ResourceInUseException', 409),
  }),
  eks({
    rule: 'a cluster with EKS Auto Mode says so, and another does not',
    moto: 'does not keep computeConfig; https://docs.aws.amazon.com/eks/latest/APIReference/API_ComputeConfigResponse.html',
    given: async (aws) => {
      await createCluster(aws)
      const resourcesVpcConfig = { subnetIds: ['subnet-1', 'subnet-2'] }
      const roleArn = `arn:aws:iam::${account}:role/cluster`
      const input = { name: 'auto', roleArn, resourcesVpcConfig, computeConfig: { enabled: true } }
      await aws.eks.send(new CreateClusterCommand(input))
    },
    when: async (aws) => {
      const read = (name: string) => aws.eks.send(new DescribeClusterCommand({ name }))
      return [await read('auto'), await read(clusterName)]
    },
    expected: (answers) =>
      expect(answers.map(({ cluster }) => cluster?.computeConfig?.enabled ?? false)).toEqual([true, false]),
  }),
]
