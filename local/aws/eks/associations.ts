import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import type {
  CreatePodIdentityAssociationCommandInput,
  DeletePodIdentityAssociationCommandInput,
  DescribePodIdentityAssociationCommandInput,
  ListPodIdentityAssociationsCommandInput,
  UpdatePodIdentityAssociationCommandInput,
} from '@aws-sdk/client-eks'
import { randomText, uuid } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { associationExists, invalidParameter, tooManyAssociations } from './errors.ts'
import { checkPolicy, checkRole } from './rolecheck.ts'
import { associationOf, associations, clusterOf } from './state.ts'
import { tagsProblem } from './tagging.ts'
import type { Call } from '../core/operations.ts'
import type { Association } from './state.ts'

export const associationOperations = [
  write(CreatePodIdentityAssociationCommand, create),
  read(ListPodIdentityAssociationsCommand, list),
  read(DescribePodIdentityAssociationCommand, describeOne),
  write(UpdatePodIdentityAssociationCommand, update),
  write(DeletePodIdentityAssociationCommand, remove),
]

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html, "Considerations". */
const MAX_PER_CLUSTER = 5000
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

function create(input: CreatePodIdentityAssociationCommandInput, call: Call) {
  const cluster = clusterOf(call, input.clusterName)
  const { namespace, serviceAccount } = checkedSubject(call, input)
  const token = input.clientRequestToken ?? uuid(call.random)
  const known = associations(call)
    .all()
    .filter((association) => association.cluster === cluster.name)
  const same = known.find((other) => other.namespace === namespace && other.serviceAccount === serviceAccount)
  // A repeated request, by its token, is answered with what it made; anything else is refused by its subject.
  if (same && same.token === token && same.roleArn === input.roleArn) return { association: describe(same) }
  if (same) throw associationExists(call, same.id)
  if (known.length >= MAX_PER_CLUSTER) throw tooManyAssociations(call)
  const problem = tagsProblem({}, input.tags)
  if (problem !== undefined) throw invalidParameter(call, problem)
  checkRole(call, input.roleArn)
  checkPolicy(call, input)
  const association = newAssociation(call, input, { namespace, serviceAccount, cluster: cluster.name, token })
  associations(call).put(association.id, association)
  return { association: describe(association) }
}

/** Without roleArn and tags: https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociationSummary.html */
function list(input: ListPodIdentityAssociationsCommandInput, call: Call) {
  const cluster = clusterOf(call, input.clusterName)
  const size = input.maxResults ?? 100
  if (size < 1 || size > 100) throw invalidParameter(call, 'maxResults must be between 1 and 100')
  const found = associations(call)
    .all()
    .filter((association) => association.cluster === cluster.name)
    .filter((association) => input.namespace === undefined || association.namespace === input.namespace)
    .filter((association) => input.serviceAccount === undefined || association.serviceAccount === input.serviceAccount)
  const { items, next } = page(call, {
    items: found,
    position: (association) => association.id,
    token: input.nextToken,
    size,
    badToken: () => invalidParameter(call, 'The nextToken is not valid'),
  })
  return { associations: items.map(summary), ...(next === undefined ? {} : { nextToken: next }) }
}

function describeOne(input: DescribePodIdentityAssociationCommandInput, call: Call) {
  return { association: describe(associationOf(call, input)) }
}

function update(input: UpdatePodIdentityAssociationCommandInput, call: Call) {
  const { targetRoleArn, externalId, ...association } = associationOf(call, input)
  if (input.roleArn !== undefined) checkRole(call, input.roleArn)
  checkPolicy(call, input)
  const changed: Association = {
    ...association,
    roleArn: input.roleArn ?? association.roleArn,
    disableSessionTags: input.disableSessionTags ?? association.disableSessionTags,
    ...(input.policy === undefined ? {} : { policy: input.policy }),
    ...targetOf(call, input.targetRoleArn ?? targetRoleArn, externalId),
    modifiedAt: call.now,
  }
  associations(call).put(changed.id, changed)
  return { association: describe(changed) }
}

function remove(input: DeletePodIdentityAssociationCommandInput, call: Call) {
  const association = associationOf(call, input)
  associations(call).remove(association.id)
  return { association: describe(association) }
}

function newAssociation(
  call: Call,
  input: CreatePodIdentityAssociationCommandInput,
  subject: Pick<Association, 'cluster' | 'namespace' | 'serviceAccount' | 'token'>,
): Association {
  const id = `a-${randomText(call.random, ID_ALPHABET, 17)}`
  return {
    ...subject,
    id,
    arn: `arn:aws:eks:${call.region}:${call.account}:podidentityassociation/${subject.cluster}/${id}`,
    roleArn: input.roleArn ?? '',
    disableSessionTags: input.disableSessionTags ?? false,
    ...(input.policy === undefined ? {} : { policy: input.policy }),
    ...targetOf(call, input.targetRoleArn, undefined),
    tags: input.tags ?? {},
    createdAt: call.now,
    modifiedAt: call.now,
  }
}

/** A target role's trust policy asks for the external id that EKS makes up:
 *  https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html */
function targetOf(call: Call, targetRoleArn: string | undefined, externalId: string | undefined) {
  if (targetRoleArn === undefined || targetRoleArn === '') return {}
  return { targetRoleArn, externalId: externalId ?? uuid(call.random) }
}

/** Neither namespace nor service account has to exist yet; EKS does not look. */
function checkedSubject(call: Call, input: CreatePodIdentityAssociationCommandInput) {
  const { namespace = '', serviceAccount = '' } = input
  if (!namespace) throw invalidParameter(call, 'namespace must not be empty')
  if (!serviceAccount) throw invalidParameter(call, 'serviceAccount must not be empty')
  return { namespace, serviceAccount }
}

function summary(association: Association) {
  return {
    clusterName: association.cluster,
    namespace: association.namespace,
    serviceAccount: association.serviceAccount,
    associationArn: association.arn,
    associationId: association.id,
  }
}

function describe(association: Association) {
  return {
    ...summary(association),
    roleArn: association.roleArn,
    tags: { ...association.tags },
    createdAt: new Date(association.createdAt),
    modifiedAt: new Date(association.modifiedAt),
    disableSessionTags: association.disableSessionTags,
    ...(association.targetRoleArn === undefined ? {} : { targetRoleArn: association.targetRoleArn }),
    ...(association.externalId === undefined ? {} : { externalId: association.externalId }),
    ...(association.policy === undefined ? {} : { policy: association.policy }),
  }
}
