import { ListRoleTagsCommand, TagRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import type { ListRoleTagsCommandInput, TagRoleCommandInput, UntagRoleCommandInput } from '@aws-sdk/client-iam'
import { read, write } from '../core/operations.ts'
import { byCodeUnit } from '../core/table.ts'
import { toTagList, withoutTags } from '../core/tags.ts'
import { putRole, roleOf } from './state.ts'
import { markedPage, withTags } from './validation.ts'
import type { Call } from '../core/operations.ts'

export const taggingOperations = [
  write(TagRoleCommand, tagRole),
  write(UntagRoleCommand, untagRole),
  read(ListRoleTagsCommand, listRoleTags),
]

function tagRole(input: TagRoleCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  putRole(call, { ...role, tags: withTags(call, role.tags, input.Tags) })
  return {}
}

function untagRole(input: UntagRoleCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  putRole(call, { ...role, tags: withoutTags(role.tags, input.TagKeys) })
  return {}
}

function listRoleTags(input: ListRoleTagsCommandInput, call: Call) {
  const tags = toTagList(roleOf(call, input.RoleName).tags).sort((a, b) => byCodeUnit(a.Key, b.Key))
  const { items, paging } = markedPage(call, input, tags, (tag) => tag.Key)
  return { Tags: items, ...paging }
}
