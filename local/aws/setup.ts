import { CreateClusterCommand } from '@aws-sdk/client-eks'
import { CreateOpenIDConnectProviderCommand, CreatePolicyCommand } from '@aws-sdk/client-iam'
import type { SimulatedAws } from './aws.ts'
import type { Place } from './core/types.ts'

/** What is there before Fairway comes. Each may be repeated: what exists stays as it is. */

/** An EKS cluster for Pod Identity associations to be made in. */
export async function registerCluster(aws: SimulatedAws, cluster: Place & { readonly name: string }): Promise<void> {
  const command = new CreateClusterCommand({
    name: cluster.name,
    roleArn: `arn:aws:iam::${cluster.account}:role/eks-cluster`,
    resourcesVpcConfig: {},
  })
  await unlessThere('ResourceInUseException', aws.outside.eks(cluster).send(command))
}

/** The permissions boundary that `fairway bootstrap` makes in every account; answers its ARN. */
export async function registerPermissionsBoundary(
  aws: SimulatedAws,
  boundary: { readonly account: string; readonly name: string; readonly path?: string },
): Promise<string> {
  const path = boundary.path ?? '/fairway/'
  const command = new CreatePolicyCommand({
    PolicyName: boundary.name,
    Path: path,
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      ],
    }),
  })
  await unlessThere('EntityAlreadyExistsException', aws.outside.iam(boundary).send(command))
  return `arn:aws:iam::${boundary.account}:policy${path}${boundary.name}`
}

/** The OIDC provider of a cluster whose pods use IRSA. `issuer` without scheme. */
export async function registerOidcProvider(
  aws: SimulatedAws,
  provider: { readonly account: string; readonly issuer: string },
): Promise<void> {
  const command = new CreateOpenIDConnectProviderCommand({
    Url: `https://${provider.issuer}`,
    ClientIDList: ['sts.amazonaws.com'],
  })
  await unlessThere('EntityAlreadyExistsException', aws.outside.iam(provider).send(command))
}

async function unlessThere(name: string, made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!(error instanceof Error) || error.name !== name) throw error
  }
}
