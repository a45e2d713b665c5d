/** Tags as all services understand them: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */

export const MAX_TAGS = 50

export interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

export type Tags = Readonly<Record<string, string>>

export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

export function fromTagList(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))
}

export function withoutTags(tags: Tags, keys: readonly string[] | undefined): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys?.includes(key)))
}

/** What is wrong with tags that are to be added; undefined when nothing is. */
export function tagProblem(tags: Tags): string | undefined {
  for (const [key, value] of Object.entries(tags)) {
    if (key.length < 1 || key.length > 128) return `a tag key has ${key.length} characters; 1 to 128 are allowed`
    if (value.length > 256) return `the value of tag ${key} has ${value.length} characters; 256 are allowed`
    if (/^aws:/i.test(key)) return `the tag key ${key} begins with "aws:", which is reserved`
    if (!characters.test(key) || !characters.test(value)) return `the tag ${key} has a character that is not allowed`
  }
  return undefined
}

/** A list may name a key twice, which a record could not show. `fold` is for IAM, whose keys differ only by more than case. */
export function duplicateKey(
  tags: readonly Tag[] | undefined,
  fold: (key: string) => string = (key) => key,
): string | undefined {
  const keys = (tags ?? []).map((tag) => fold(tag.Key ?? ''))
  return keys.find((key, index) => keys.indexOf(key) !== index)
}

const characters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
