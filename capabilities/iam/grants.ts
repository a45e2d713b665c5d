import type { Grant } from '../../domain/grants.ts'
import { roleBulkGrants, roleGrants } from '../../iamroles/grants.ts'

/** The calls of `remote.ts`, and those of iamroles/ for roles of workloads. */

const roles = 'arn:${partition}:iam::${account}:role/fairway/${installation}-*'
const associations = ['arn:${partition}:eks:${region}:${account}:podidentityassociation/*']
const ours = { 'aws:ResourceTag/fairway:installation': '${installation}' }
const marking = { 'aws:RequestTag/fairway:installation': '${installation}' }

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html */
const readAssociations: readonly Grant[] = [
  {
    sid: 'ListAssociations',
    actions: ['eks:ListPodIdentityAssociations'],
    resources: ['arn:${partition}:eks:${region}:${account}:cluster/*'],
  },
  { sid: 'ReadAssociations', actions: ['eks:DescribePodIdentityAssociation'], resources: associations },
]

/** The calls of a look at the whole place: those of `pages.ts` and of `deep`, and the roles for `tenancy` too. */
export const bulkGrants: readonly Grant[] = [...roleBulkGrants, ...readAssociations]

export const grants: readonly Grant[] = [
  ...roleGrants(roles, 'arn:${partition}:iam::${account}:policy/fairway/${boundary}'),
  {
    // EKS takes the role for the pods: passing it to anything else would be a way to use it.
    sid: 'PassRolesToPods',
    actions: ['iam:PassRole'],
    resources: [roles],
    conditions: { StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' } },
  },
  ...readAssociations,
  {
    sid: 'CreateAssociations',
    actions: ['eks:CreatePodIdentityAssociation'],
    resources: ['arn:${partition}:eks:${region}:${account}:cluster/*'],
    conditions: { StringEquals: marking },
  },
  {
    sid: 'MarkAssociations',
    actions: ['eks:TagResource'],
    resources: associations,
    conditions: { StringEquals: marking },
  },
  {
    sid: 'RepairAssociationTags',
    actions: ['eks:TagResource'],
    resources: associations,
    conditions: { StringEquals: ours, StringEqualsIfExists: marking },
  },
  {
    sid: 'ChangeAssociations',
    actions: ['eks:DeletePodIdentityAssociation', 'eks:UpdatePodIdentityAssociation'],
    resources: associations,
    conditions: { StringEquals: ours },
  },
]
