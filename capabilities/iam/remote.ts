import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  TagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import type { EKSClient } from '@aws-sdk/client-eks'
import { applyRole, observeRole } from '../../iamroles/index.ts'
import type { IamClient } from '../../iamroles/index.ts'
import { callAws, findAws, isAlreadyThere, isNotFound } from '../../domain/awserrors.ts'
import type { Ledger } from '../../domain/capability.ts'
import { Conflict, RetryLater, Terminal } from '../../domain/errors.ts'
import { tagKeys } from '../../domain/names.ts'
import type { Claim } from '../../domain/records.ts'
import { associationName, claims } from './desired.ts'
import type { Holder, IamDesired } from './desired.ts'
import type { AssociationAction, IamAction, IamObserved, ObservedAssociation } from './plan.ts'

export type EksClient = Pick<EKSClient, 'send'>

/** Clients of the cluster's account and region. */
export interface IamRemote {
  readonly iam: IamClient
  readonly eks: EksClient
}

/** Six reads for a healthy role with its association; none for a workload that never had either. */
export async function observe(desired: IamDesired, { iam, eks }: IamRemote): Promise<IamObserved> {
  const [role, association] = await Promise.all([
    desired.role || desired.claims.role ? observeRole(iam, desired.roleName) : undefined,
    desired.association || desired.claims.association ? observeAssociation(desired, eks) : undefined,
  ])
  return { role, association }
}

export async function apply(action: IamAction, { iam, eks }: IamRemote, ledger: Ledger): Promise<void> {
  switch (action.type) {
    case 'create-association':
      await ledger.claim(claims.association, action.claim)
      return create(eks, action)
    case 'record-association':
      return ledger.claim(claims.association, action.claim)
    case 'release-association':
      return ledger.release(claims.association)
    case 'delete-association': {
      const input = { clusterName: action.holder.cluster, associationId: action.id }
      await findAws(action.summary, () => eks.send(new DeletePodIdentityAssociationCommand(input)))
      return ledger.release(claims.association)
    }
    case 'update-association':
      return update(eks, action)
    case 'tag-association':
      await callAws(action.summary, () =>
        eks.send(new TagResourceCommand({ resourceArn: action.arn, tags: { ...action.tags } })),
      )
      return
    default:
      return applyRole(action, iam, ledger, claims.role)
  }
}

async function observeAssociation(desired: IamDesired, eks: EksClient): Promise<ObservedAssociation | undefined> {
  const { holder } = desired
  try {
    return await findAssociation(eks, holder, desired.claims.association)
  } catch (error) {
    if (!isNotFound((error as Error).cause)) throw error
    // The cluster itself is not there: nothing is left to remove, and nothing can be made.
    if (!desired.association) return undefined
    throw noCluster(holder, error)
  }
}

export function noCluster({ cluster }: Holder, cause?: unknown): Terminal {
  return new Terminal(`there is no EKS cluster ${cluster}`, {
    cause,
    fix: 'correct spec.aws (account, region, cluster) of that Cluster resource',
  })
}

/** A service account has at most one. The one on record is read along with the list: mostly it is that one. */
async function findAssociation(
  eks: EksClient,
  holder: Holder,
  claim?: Claim,
): Promise<ObservedAssociation | undefined> {
  const { cluster: clusterName, namespace, serviceAccount } = holder
  const known = claim && associationIdIn(claim)
  const early = known === undefined ? undefined : readAssociation(eks, holder, known)
  // When the list has another one, or none, nobody waits for it.
  early?.catch(() => undefined)
  const listed = await callAws(`list the Pod Identity associations of ${associationName(holder)}`, () =>
    eks.send(new ListPodIdentityAssociationsCommand({ clusterName, namespace, serviceAccount })),
  )
  const associationId = listed.associations?.[0]?.associationId
  if (associationId === undefined) return undefined
  return associationId === known ? early : readAssociation(eks, holder, associationId)
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html */
function associationIdIn({ id }: Claim): string | undefined {
  return /^arn:[^:]+:eks:.*:podidentityassociation\/[^/]+\/([^/]+)$/.exec(id)?.[1]
}

/** One read; undefined when it has gone meanwhile. */
export async function readAssociation(
  eks: EksClient,
  holder: Holder,
  associationId: string,
): Promise<ObservedAssociation | undefined> {
  const clusterName = holder.cluster
  const answer = await findAws(`read the Pod Identity association of ${associationName(holder)}`, () =>
    eks.send(new DescribePodIdentityAssociationCommand({ clusterName, associationId })),
  )
  const found = answer?.association
  if (!found?.associationArn) return undefined
  return {
    id: associationId,
    arn: found.associationArn,
    roleArn: found.roleArn ?? '',
    tags: found.tags ?? {},
    sessionTags: found.disableSessionTags !== true,
    altered: Boolean(found.targetRoleArn) || Boolean(found.policy),
  }
}

type Creating = Extract<AssociationAction, { type: 'create-association' }>
type Updating = Extract<AssociationAction, { type: 'update-association' }>

async function create(eks: EksClient, action: Creating): Promise<void> {
  const { cluster: clusterName, namespace, serviceAccount } = action.holder
  const input = { clusterName, namespace, serviceAccount, roleArn: action.roleArn, tags: { ...action.tags } }
  await onceRoleIsSeen(action.summary, async () => {
    try {
      await eks.send(new CreatePodIdentityAssociationCommand(input))
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
      const found = await findAssociation(eks, action.holder)
      if (found?.tags[tagKeys.installation] === action.tags[tagKeys.installation]) return
      throw new Conflict(`somebody just made a Pod Identity association for ${associationName(action.holder)}`, {
        cause: error,
      })
    }
  })
}

async function update(eks: EksClient, { holder, id, roleArn, summary }: Updating): Promise<void> {
  const input = { clusterName: holder.cluster, associationId: id, roleArn, disableSessionTags: false }
  await onceRoleIsSeen(summary, () => eks.send(new UpdatePodIdentityAssociationCommand(input)))
}

/** EKS refuses a role that IAM has just made and does not show everywhere yet as an invalid parameter. */
async function onceRoleIsSeen(doing: string, call: () => Promise<unknown>): Promise<void> {
  await callAws(doing, async () => {
    try {
      await call()
    } catch (error) {
      const { name, message } = error as Error
      if (name !== 'InvalidParameterException' || !/role/i.test(message)) throw error
      throw new RetryLater(`EKS does not accept the role yet: ${doing}`, { cause: error })
    }
  })
}
