import {
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  type EKSClient,
} from '@aws-sdk/client-eks'
import {
  GetAccountSummaryCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetRoleCommand,
  type IAMClient,
} from '@aws-sdk/client-iam'
import { callAws, findAws } from '../../domain/awserrors.ts'
import type { AccountAccess } from '../../flow/doctor/ports.ts'
import { DescribeKeyCommand, type KmsClient } from './kms.ts'

export interface AccountClients {
  readonly iam: Pick<IAMClient, 'send'>
  readonly eks: Pick<EKSClient, 'send'>
  readonly kms: KmsClient
}

/** One account and region, read only. */
export function accountAccess({ iam, eks, kms }: AccountClients): AccountAccess {
  return {
    async policyExists(PolicyArn) {
      return (await findAws(`read ${PolicyArn}`, () => iam.send(new GetPolicyCommand({ PolicyArn })))) !== undefined
    },
    async roles() {
      const answer = await callAws('read the use of IAM quotas', () => iam.send(new GetAccountSummaryCommand({})))
      return { used: answer.SummaryMap?.Roles ?? 0, quota: answer.SummaryMap?.RolesQuota ?? Infinity }
    },
    async keyState(KeyId) {
      const answer = await findAws(`read the key ${KeyId}`, () => kms.send(new DescribeKeyCommand({ KeyId })))
      return answer?.KeyMetadata?.KeyState
    },
    async cluster(name) {
      const command = new DescribeClusterCommand({ name })
      const cluster = (await findAws(`read the EKS cluster ${name}`, () => eks.send(command)))?.cluster
      return (
        cluster && {
          status: cluster.status ?? 'unknown',
          issuer: cluster.identity?.oidc?.issuer?.replace(/^https:\/\//, ''),
          auto: cluster.computeConfig?.enabled === true,
        }
      )
    },
    async addonStatus(clusterName, addonName) {
      const command = new DescribeAddonCommand({ clusterName, addonName })
      return (await findAws(`read the add-on ${addonName} of ${clusterName}`, () => eks.send(command)))?.addon?.status
    },
    async oidcProvider(arn) {
      const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn })
      return (await findAws(`read ${arn}`, () => iam.send(command)))?.Url?.replace(/^https:\/\//, '')
    },
    async role(RoleName) {
      const role = (await findAws(`read the role ${RoleName}`, () => iam.send(new GetRoleCommand({ RoleName }))))?.Role
      return role?.Arn === undefined ? undefined : { arn: role.Arn, trust: role.AssumeRolePolicyDocument ?? '' }
    },
    associatedRoles: (cluster, namespace, serviceAccount) => associatedRoles(eks, cluster, namespace, serviceAccount),
  }
}

/** A service account has at most one association, and a list of them names no roles. */
async function associatedRoles(
  eks: AccountClients['eks'],
  clusterName: string,
  namespace: string,
  serviceAccount: string,
): Promise<readonly string[]> {
  const what = `the Pod Identity association of ${clusterName}/${namespace}/${serviceAccount}`
  const listed = await findAws(`list ${what}`, () =>
    eks.send(new ListPodIdentityAssociationsCommand({ clusterName, namespace, serviceAccount })),
  )
  const associationId = listed?.associations?.[0]?.associationId
  if (associationId === undefined) return []
  const answer = await findAws(`read ${what}`, () =>
    eks.send(new DescribePodIdentityAssociationCommand({ clusterName, associationId })),
  )
  return answer?.association?.roleArn === undefined ? [] : [answer.association.roleArn]
}
