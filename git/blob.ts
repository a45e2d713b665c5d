import { createHash } from 'node:crypto'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

/** Git's id of a file with this content (text counts as UTF-8), as `git hash-object` prints it. Pure. */
export function blobId(content: string | Uint8Array): string {
  return objectId('blob', content)
}

/** SHA-1 over `<type> <length>\0<content>`: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
export function objectId(type: ObjectType, content: string | Uint8Array): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}

/** What git writes where there is no object: a branch that does not exist yet. */
export const zeroId = '0'.repeat(40)
