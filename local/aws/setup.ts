import { CreateAddonCommand, CreateClusterCommand, CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { CreateOpenIDConnectProviderCommand, CreatePolicyCommand, CreateRoleCommand } from '@aws-sdk/client-iam'
import { issuerTag } from './eks/clusters.ts'
import type { SimulatedAws } from './aws.ts'
import type { Place } from './core/types.ts'

/** What is there before Fairway comes. Each may be repeated: what exists stays as it is. */

/** An EKS cluster for Pod Identity associations to be made in. `issuer` without scheme; one is made up when absent. */
export async function registerCluster(
  aws: SimulatedAws,
  cluster: Place & { readonly name: string; readonly issuer?: string },
): Promise<void> {
  const command = new CreateClusterCommand({
    name: cluster.name,
    roleArn: `arn:aws:iam::${cluster.account}:role/eks-cluster`,
    resourcesVpcConfig: {},
    ...(cluster.issuer === undefined ? {} : { tags: { [issuerTag]: cluster.issuer } }),
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

/** The add-on by which pods get their roles. */
export async function registerPodIdentityAgent(aws: SimulatedAws, cluster: Place & { readonly name: string }) {
  const command = new CreateAddonCommand({ clusterName: cluster.name, addonName: 'eks-pod-identity-agent' })
  await unlessThere('ResourceInUseException', aws.outside.eks(cluster).send(command))
}

export interface Controller extends Place {
  /** EKS cluster. */
  readonly cluster: string
  /** Of the role. */
  readonly name: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Of a cluster that uses IRSA, without scheme; Pod Identity when absent. */
  readonly issuer?: string
}

/** The role of the External Secrets controller, and its way into the pods. */
export async function registerController(aws: SimulatedAws, controller: Controller): Promise<void> {
  const { account, cluster, name, namespace, serviceAccount, issuer } = controller
  const pods = {
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  }
  const federated = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}` } },
  }
  const trust = { Version: '2012-10-17', Statement: [issuer === undefined ? pods : federated] }
  const role = new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) })
  await unlessThere('EntityAlreadyExistsException', aws.outside.iam(controller).send(role))
  if (issuer !== undefined) return
  const roleArn = `arn:aws:iam::${account}:role/${name}`
  const input = { clusterName: cluster, namespace, serviceAccount, roleArn }
  const association = new CreatePodIdentityAssociationCommand(input)
  await unlessThere('ResourceInUseException', aws.outside.eks(controller).send(association))
}

async function unlessThere(name: string, made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!(error instanceof Error) || error.name !== name) throw error
  }
}
