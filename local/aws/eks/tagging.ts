import { ListTagsForResourceCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-eks'
import type {
  ListTagsForResourceCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-eks'
import { read, write } from '../core/operations.ts'
import { MAX_TAGS, tagProblem, withoutTags } from '../core/tags.ts'
import { badRequest, notFound } from './errors.ts'
import { associations, clusters } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Tags } from '../core/tags.ts'

export const taggingOperations = [
  read(ListTagsForResourceCommand, listTags),
  write(TagResourceCommand, tag),
  write(UntagResourceCommand, untag),
]

export function tagsProblem(present: Tags, added: Tags = {}): string | undefined {
  const problem = tagProblem(added)
  if (problem !== undefined) return problem
  return Object.keys({ ...present, ...added }).length > MAX_TAGS ? `a resource has at most ${MAX_TAGS} tags` : undefined
}

function listTags(input: ListTagsForResourceCommandInput, call: Call) {
  return { tags: { ...taggedBy(call, input.resourceArn).tags } }
}

function tag(input: TagResourceCommandInput, call: Call) {
  const resource = taggedBy(call, input.resourceArn)
  const problem = tagsProblem(resource.tags, input.tags)
  if (problem !== undefined) throw badRequest(call, problem)
  resource.put({ ...resource.tags, ...input.tags })
  return {}
}

function untag(input: UntagResourceCommandInput, call: Call) {
  const resource = taggedBy(call, input.resourceArn)
  resource.put(withoutTags(resource.tags, input.tagKeys))
  return {}
}

interface Tagged {
  readonly tags: Tags
  put(tags: Tags): void
}

function taggedBy(call: Call, arn: string | undefined): Tagged {
  const cluster = clusters(call)
    .all()
    .find((one) => one.arn === arn)
  if (cluster) return { tags: cluster.tags, put: (tags) => clusters(call).put(cluster.name, { ...cluster, tags }) }
  const association = associations(call).get(arn?.split('/').at(-1) ?? '')
  if (association?.arn !== arn || association === undefined) throw notFound(call, arn)
  return {
    tags: association.tags,
    put: (tags) => associations(call).put(association.id, { ...association, tags }),
  }
}
