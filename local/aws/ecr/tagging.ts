import { ListTagsForResourceCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-ecr'
import type {
  ListTagsForResourceCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-ecr'
import { read, write } from '../core/operations.ts'
import { MAX_TAGS, duplicateKey, fromTagList, tagProblem, toTagList, withoutTags } from '../core/tags.ts'
import { invalid, invalidTag, repositoryNotFound, tooManyTags } from './errors.ts'
import { arnOf, repositories } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Tag, Tags } from '../core/tags.ts'
import type { Repository } from './state.ts'

export const taggingOperations = [
  read(ListTagsForResourceCommand, listTags),
  write(TagResourceCommand, tag),
  write(UntagResourceCommand, untag),
]

/** Throws what ECR throws when these tags cannot be added to those. */
export function checkTags(call: Call, present: Tags, added: readonly Tag[] | undefined): void {
  const problem = tagProblem(fromTagList(added))
  if (problem !== undefined) throw invalidTag(call, problem)
  const duplicate = duplicateKey(added)
  if (duplicate !== undefined) throw invalidTag(call, `the tag key ${duplicate} is given twice`)
  if (Object.keys({ ...present, ...fromTagList(added) }).length > MAX_TAGS) throw tooManyTags(call)
}

function listTags(input: ListTagsForResourceCommandInput, call: Call) {
  return { tags: toTagList(byArn(call, input.resourceArn).tags) }
}

function tag(input: TagResourceCommandInput, call: Call) {
  const repository = byArn(call, input.resourceArn)
  checkTags(call, repository.tags, input.tags)
  repositories(call).put(repository.name, {
    ...repository,
    tags: { ...repository.tags, ...fromTagList(input.tags) },
  })
  return {}
}

function untag(input: UntagResourceCommandInput, call: Call) {
  const repository = byArn(call, input.resourceArn)
  repositories(call).put(repository.name, { ...repository, tags: withoutTags(repository.tags, input.tagKeys) })
  return {}
}

function byArn(call: Call, arn: string | undefined): Repository {
  const name = /^arn:aws:ecr:[^:]+:\d{12}:repository\/(.+)$/.exec(arn ?? '')?.[1]
  if (name === undefined) throw invalid(call, 'resourceArn', 'must be the ARN of a repository')
  const repository = repositories(call).get(name)
  if (!repository || arn !== arnOf(call, name)) throw repositoryNotFound(call, name)
  return repository
}
