import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { CreateClusterCommand, CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { CreatePolicyCommand, CreateRoleCommand } from '@aws-sdk/client-iam'
import { CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager'
import { error } from './cases.ts'
import { account } from './clients.ts'
import type { CreatePodIdentityAssociationCommandInput } from '@aws-sdk/client-eks'
import type { CreateRoleCommandInput } from '@aws-sdk/client-iam'
import type { CreateSecretCommandInput } from '@aws-sdk/client-secrets-manager'
import type { Clients } from './clients.ts'

/** What the tables share: names, and how the things they are about come to be. */

export const repositoryName = 'policy-admin/quotes'

export const createRepository = (aws: Clients, name = repositoryName) =>
  aws.ecr.send(new CreateRepositoryCommand({ repositoryName: name }))

export const RoleName = 'fairway-quotes'

export const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
})

export const allow = (Action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

export const createRole = (aws: Clients, input: Partial<CreateRoleCommandInput> = {}) =>
  aws.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, ...input }))

export const createBoundary = async (aws: Clients) => {
  const command = new CreatePolicyCommand({ PolicyName: 'boundary', Path: '/fairway/', PolicyDocument: allow('s3:*') })
  const { Policy } = await aws.iam.send(command)
  return Policy?.Arn ?? ''
}

export const clusterName = 'dev'

export const roleArn = `arn:aws:iam::${account}:role/${RoleName}`

export const createCluster = (aws: Clients, name = clusterName) =>
  aws.eks.send(
    new CreateClusterCommand({
      name,
      roleArn: `arn:aws:iam::${account}:role/cluster`,
      resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
    }),
  )

export const associate = async (aws: Clients, input: Partial<CreatePodIdentityAssociationCommandInput> = {}) => {
  const { association } = await aws.eks.send(
    new CreatePodIdentityAssociationCommand({
      clusterName,
      namespace: 'policy-admin',
      serviceAccount: 'quotes',
      roleArn,
      ...input,
    }),
  )
  return association
}

export const clusterAndRole = async (aws: Clients) => {
  await createCluster(aws)
  await createRole(aws)
}

export const Name = 'fairway/main/dev/policy-admin/quotes/stripe'

/** AWS JSON 1.1 answers every client error with 400; moto has 404 here. */
export const notFound = error('ResourceNotFoundException', 400, 404)

export const createSecret = (aws: Clients, input: Partial<CreateSecretCommandInput> = {}) =>
  aws.secretsManager.send(new CreateSecretCommand({ Name, ...input }))

export const describeSecret = (aws: Clients, SecretId = Name) =>
  aws.secretsManager.send(new DescribeSecretCommand({ SecretId }))

export const scheduledSecret = async (aws: Clients) => {
  await createSecret(aws, { SecretString: 'one' })
  return aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }))
}
