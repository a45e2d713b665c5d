import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import type { GetResourcesCommandInput, TagFilter } from '@aws-sdk/client-resource-groups-tagging-api'
import { arnOf } from '../ecr/state.ts'
import { read } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { byCodeUnit } from '../core/table.ts'
import { toTagList } from '../core/tags.ts'
import { isGone } from '../secretsmanager/state.ts'
import { invalid, tokenExpired } from './errors.ts'
import type { Repository } from '../ecr/state.ts'
import type { Call } from '../core/operations.ts'
import type { Tags } from '../core/tags.ts'
import type { Secret } from '../secretsmanager/state.ts'

export const resourceOperations = [read(GetResourcesCommand, getResources)]

interface Resource {
  readonly arn: string
  readonly tags: Tags
}

/** By resource type, as filters write it; what Fairway asks for, and nothing of IAM, whose roles AWS does not index:
 *  https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html */
const resources: Readonly<Record<string, (call: Call) => readonly Resource[]>> = {
  'ecr:repository': (call) =>
    call
      .index<Repository>('ecr', 'repositories')
      .all()
      .map(({ name, tags }) => ({ arn: arnOf(call, name), tags })),
  'secretsmanager:secret': (call) =>
    call
      .index<Secret>('secretsmanager', 'secrets')
      .all()
      .filter((secret) => !isGone(secret, call.now)),
}

/** Of those that have tags now; what only once had some, which AWS gives too when nothing is filtered, is not kept. */
function getResources(input: GetResourcesCommandInput, call: Call) {
  const size = checked(input, call)
  const found = typesOf(input.ResourceTypeFilters)
    .flatMap((type) => resources[type]?.(call) ?? [])
    .filter(({ tags }) => Object.keys(tags).length > 0)
    .filter(({ tags }) => (input.TagFilters ?? []).every((filter) => passes(tags, filter)))
    .filter(({ arn }) => input.ResourceARNList?.includes(arn) ?? true)
    .toSorted((left, right) => byCodeUnit(left.arn, right.arn))
  const { items, next } = page(call, {
    items: found,
    position: ({ arn }) => arn,
    token: input.PaginationToken || undefined,
    size,
    badToken: () => tokenExpired(call),
  })
  const ResourceTagMappingList = items.map(({ arn, tags }) => ({ ResourceARN: arn, Tags: toTagList(tags) }))
  return { ResourceTagMappingList, PaginationToken: next ?? '' }
}

/** A page's size. */
function checked(input: GetResourcesCommandInput, call: Call): number {
  const { ResourcesPerPage: size = 50, TagFilters = [], ResourceTypeFilters, ResourceARNList } = input
  if (size < 1 || size > 100) throw invalid(call, 'ResourcesPerPage must be between 1 and 100')
  if (TagFilters.length > 50) throw invalid(call, 'TagFilters must have at most 50 keys')
  if (TagFilters.some(({ Key, Values }) => !Key || (Values?.length ?? 0) > 20)) {
    throw invalid(call, 'each of TagFilters must have a Key and at most 20 Values')
  }
  if (ResourceARNList && (ResourceTypeFilters || input.TagFilters)) {
    throw invalid(call, 'ResourceARNList cannot be combined with TagFilters or ResourceTypeFilters')
  }
  return size
}

/** `service[:type]`: a service alone stands for all of its types. */
function typesOf(filters: readonly string[] | undefined): readonly string[] {
  const known = Object.keys(resources)
  if (!filters || filters.length === 0) return known
  const types = filters.map((filter) => known.filter((type) => type === filter || type.startsWith(`${filter}:`)))
  const strange = filters.find((_, index) => types[index]?.length === 0)
  if (strange !== undefined) {
    throw new Error(`the simulated GetResources does not have ${strange}; add it to local/aws/tagging/resources.ts`)
  }
  return [...new Set(types.flat())]
}

/** Any of the values; without values, the key alone. */
function passes(tags: Tags, { Key = '', Values = [] }: TagFilter): boolean {
  const value = tags[Key]
  return value !== undefined && (Values.length === 0 || Values.includes(value))
}
