import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import type { TagResourceCommandInput, UntagResourceCommandInput } from '@aws-sdk/client-secrets-manager'
import { write } from '../core/operations.ts'
import { MAX_TAGS, duplicateKey, fromTagList, tagProblem, withoutTags } from '../core/tags.ts'
import { invalidParameter } from './errors.ts'
import { activeSecretOf, secrets } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Tag, Tags } from '../core/tags.ts'

export const taggingOperations = [write(TagResourceCommand, tag), write(UntagResourceCommand, untag)]

export function checkTags(call: Call, present: Tags, added: readonly Tag[] | undefined): void {
  const problem = tagProblem(fromTagList(added))
  if (problem !== undefined) throw invalidParameter(call, problem)
  const duplicate = duplicateKey(added)
  if (duplicate !== undefined) throw invalidParameter(call, `the tag key ${duplicate} is given twice`)
  if (Object.keys({ ...present, ...fromTagList(added) }).length > MAX_TAGS) {
    throw invalidParameter(call, `a secret has at most ${MAX_TAGS} tags`)
  }
}

function tag(input: TagResourceCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  checkTags(call, secret.tags, input.Tags)
  const tags = { ...secret.tags, ...fromTagList(input.Tags) }
  secrets(call).put(secret.name, { ...secret, tags, changedAt: call.now })
  return {}
}

function untag(input: UntagResourceCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const tags = withoutTags(secret.tags, input.TagKeys)
  secrets(call).put(secret.name, { ...secret, tags, changedAt: call.now })
  return {}
}
