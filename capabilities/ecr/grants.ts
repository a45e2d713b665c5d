import type { Grant } from '../../domain/grants.ts'

/**
 * Repositories are called like their systems, so nothing about the name says whose they are: what changes or
 * deletes one is held to the tag, and one is only made with the tag.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
const repositories = ['arn:${partition}:ecr:${region}:${account}:repository/*']

export const grants: readonly Grant[] = [
  {
    sid: 'ReadRepositories',
    actions: [
      'ecr:DescribeImages',
      'ecr:DescribeRepositories',
      'ecr:GetLifecyclePolicy',
      'ecr:GetRepositoryPolicy',
      'ecr:ListTagsForResource',
    ],
    resources: repositories,
  },
  {
    // Tagging is how an adopted repository becomes ours; it may only ever get our tag.
    sid: 'MakeRepositories',
    actions: ['ecr:CreateRepository', 'ecr:TagResource'],
    resources: repositories,
    conditions: { StringEquals: { 'aws:RequestTag/fairway:installation': '${installation}' } },
  },
  {
    // Tags that drifted are repaired one by one, so a repair need not name the installation.
    sid: 'RepairTags',
    actions: ['ecr:TagResource'],
    resources: repositories,
    conditions: {
      StringEquals: { 'aws:ResourceTag/fairway:installation': '${installation}' },
      StringEqualsIfExists: { 'aws:RequestTag/fairway:installation': '${installation}' },
    },
  },
  {
    sid: 'ChangeRepositories',
    actions: [
      'ecr:DeleteRepository',
      'ecr:DeleteRepositoryPolicy',
      'ecr:PutImageScanningConfiguration',
      'ecr:PutImageTagMutability',
      'ecr:PutLifecyclePolicy',
      'ecr:SetRepositoryPolicy',
    ],
    resources: repositories,
    conditions: { StringEquals: { 'aws:ResourceTag/fairway:installation': '${installation}' } },
  },
]

/** The calls of a look at the whole registry: those of `pages.ts` and of `deep`. */
export const bulkGrants: readonly Grant[] = [
  {
    sid: 'ReadRepositoriesInBulk',
    actions: [
      'ecr:DescribeImages',
      'ecr:DescribeRepositories',
      'ecr:GetLifecyclePolicy',
      'ecr:GetRepositoryPolicy',
      'ecr:ListTagsForResource',
    ],
    resources: repositories,
  },
  // It knows no resources: keys and values of tags, whosever they are, and nothing else.
  { sid: 'ReadTagsInBulk', actions: ['tag:GetResources'], resources: ['*'] },
]
