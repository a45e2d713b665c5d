import type { Grant } from '../../domain/grants.ts'

/** Besides the table and the bus: the tags of repositories, where the incarnation of each workload stands. */
export const grants: readonly Grant[] = [
  {
    sid: 'ReadRepositoryTags',
    actions: ['ecr:ListTagsForResource'],
    resources: ['arn:${partition}:ecr:${region}:${account}:repository/*'],
  },
]
