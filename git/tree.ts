/**
 * Trees as bytes. Names are kept as latin1 strings, one character per byte, because git's names are bytes: what
 * somebody else called a file must survive the rewriting of its directory. isomorphic-git's own tree reader decodes UTF-8.
 * https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects
 */
export interface TreeEntry {
  /** As it stands, for example 100644, 40000 or the 100664 of old clients. */
  readonly mode: string
  readonly name: string
  readonly id: string
}

export const modes = { file: '100644', directory: '40000', symlink: '120000', submodule: '160000' } as const

export function parseTree(content: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = []
  let position = 0
  while (position < content.length) {
    const space = content.indexOf(0x20, position)
    const zero = content.indexOf(0, space)
    if (space < 0 || zero < 0 || zero + 21 > content.length) throw new Error('a tree is broken')
    entries.push({
      mode: content.toString('latin1', position, space),
      name: content.toString('latin1', space + 1, zero),
      id: content.toString('hex', zero + 1, zero + 21),
    })
    position = zero + 21
  }
  return entries
}

/** In git's order: by bytes, directories as if their names ended in `/`. */
export function serializeTree(entries: readonly TreeEntry[]): Buffer {
  const key = (entry: TreeEntry) => (isDirectory(entry) ? `${entry.name}/` : entry.name)
  const sorted = entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  return Buffer.concat(
    sorted.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(id, 'hex')]),
  )
}

export function isDirectory(entry: { readonly mode: string }): boolean {
  return Number.parseInt(entry.mode, 8) === 0o040000
}

export function isRegularFile(entry: { readonly mode: string }): boolean {
  return (Number.parseInt(entry.mode, 8) & 0o170000) === 0o100000
}

/** A path as git's bytes, one character each. */
export function bytePath(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1')
}

export function textPath(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8')
}

/** By path as text: the id of a file, and the mode too of what is none. */
export function listed(entries: ReadonlyMap<string, Pick<TreeEntry, 'mode' | 'id'>>): ReadonlyMap<string, string> {
  const shown = (entry: Pick<TreeEntry, 'mode' | 'id'>) =>
    isRegularFile(entry) ? entry.id : `${entry.mode} ${entry.id}`
  return new Map([...entries].map(([path, entry]) => [textPath(path), shown(entry)]))
}
