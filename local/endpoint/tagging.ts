import { DescribeRepositoriesCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ecr'
import type { ECRClient } from '@aws-sdk/client-ecr'
import type { GetResourcesCommandInput, GetResourcesCommandOutput } from '@aws-sdk/client-resource-groups-tagging-api'
import type { AwsClients } from '../aws/index.ts'

/**
 * The tagging API of an endpoint, as far as repositories go. Stand-ins for AWS have one that answers and knows no
 * repositories, so each is asked for its tags instead: a page of the tagging API is a page of ECR's.
 */
export function taggingOverEcr(ecr: Pick<ECRClient, 'send'>, count: () => void): ReturnType<AwsClients['tagging']> {
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    count()
    return resources(ecr, command.input)
  }
  return { send: send as ReturnType<AwsClients['tagging']>['send'] }
}

async function resources(ecr: Pick<ECRClient, 'send'>, input: GetResourcesCommandInput) {
  if (input.ResourceTypeFilters?.join(',') !== 'ecr:repository') {
    throw new Error('the tagging API beside an endpoint knows repositories only: ask for ecr:repository')
  }
  const described = await ecr.send(
    new DescribeRepositoriesCommand({
      maxResults: input.ResourcesPerPage,
      ...(input.PaginationToken ? { nextToken: input.PaginationToken } : {}),
    }),
  )
  const mapped = (described.repositories ?? []).map(async ({ repositoryArn: ResourceARN }) => {
    const { tags: Tags = [] } = await ecr.send(new ListTagsForResourceCommand({ resourceArn: ResourceARN }))
    return { ResourceARN, Tags }
  })
  const ResourceTagMappingList = (await Promise.all(mapped)).filter(({ Tags }) =>
    (input.TagFilters ?? []).every(({ Key, Values = [] }) =>
      Tags.some((tag) => tag.Key === Key && (Values.length === 0 || Values.includes(tag.Value ?? ''))),
    ),
  )
  return {
    ResourceTagMappingList,
    PaginationToken: described.nextToken ?? '',
  } satisfies Partial<GetResourcesCommandOutput>
}
