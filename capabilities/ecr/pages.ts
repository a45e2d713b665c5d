import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { callAws } from '../../domain/awserrors.ts'
import { tagKeys } from '../../domain/names.ts'
import { fromTagList } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import type { EcrRemote } from './remote.ts'

/** Clients of the registry's account and region. */
export interface EcrBulkRemote extends EcrRemote {
  readonly tagging: Pick<ResourceGroupsTaggingAPIClient, 'send'>
}

export interface ListedRepository {
  readonly immutable: boolean
  readonly scanOnPush: boolean
  /** Without a tag of Fairway's, whoever's: empty. */
  readonly tags: Tags
}

/** By name. */
export type Repositories = ReadonlyMap<string, ListedRepository>

/**
 * One read for a thousand repositories, and one for a hundred that carry our tag. The tags come from an index that
 * lags behind and may still know what was deleted, so what there is says ECR.
 */
export async function readRepositories({ ecr, tagging }: EcrBulkRemote): Promise<Repositories> {
  const [settings, tags] = await Promise.all([settingsOf(ecr), tagsOf(tagging)])
  const repositories = new Map<string, ListedRepository>()
  for (const [name, listed] of settings) {
    const found = tags.get(name)
    repositories.set(name, found ? { ...listed, tags: found } : listed)
  }
  return repositories
}

/** Names of `<system>/<workload>`'s shape: whose they are, only tags say. */
async function settingsOf(ecr: EcrBulkRemote['ecr']): Promise<Repositories> {
  const found = new Map<string, ListedRepository>()
  let nextToken: string | undefined
  do {
    const input = { maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) }
    const page = await callAws('list the repositories', () => ecr.send(new DescribeRepositoriesCommand(input)))
    for (const { repositoryName: name = '', imageTagMutability, imageScanningConfiguration } of page.repositories ??
      []) {
      if (!/^[^/]+\/[^/]+$/.test(name)) continue
      found.set(name, untagged(imageTagMutability === 'IMMUTABLE', imageScanningConfiguration?.scanOnPush === true))
    }
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return found
}

/**
 * By repository; with the tag's key only, so that a repository that was handed to another installation says so.
 * https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html: a page may hold fewer
 * than asked for, or none, and the last one has an empty token.
 */
async function tagsOf(tagging: EcrBulkRemote['tagging']): Promise<ReadonlyMap<string, Tags>> {
  const found = new Map<string, Tags>()
  let token: string | undefined
  do {
    const input = {
      ResourceTypeFilters: ['ecr:repository'],
      TagFilters: [{ Key: tagKeys.installation }],
      ResourcesPerPage: 100,
      ...(token === undefined ? {} : { PaginationToken: token }),
    }
    const page = await callAws('read the tags of repositories', () => tagging.send(new GetResourcesCommand(input)))
    for (const { ResourceARN = '', Tags: tags } of page.ResourceTagMappingList ?? []) {
      found.set(ResourceARN.slice(ResourceARN.indexOf('/') + 1), fromTagList(tags))
    }
    token = page.PaginationToken || undefined
  } while (token !== undefined)
  return found
}

/** A registry may hold many more of others: they share these. */
const none: Tags = {}
const others = [false, true].map((immutable) =>
  [false, true].map((scanOnPush): ListedRepository => ({ immutable, scanOnPush, tags: none })),
)

function untagged(immutable: boolean, scanOnPush: boolean): ListedRepository {
  return others[Number(immutable)]?.[Number(scanOnPush)] ?? { immutable, scanOnPush, tags: none }
}
