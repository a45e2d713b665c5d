import { parseCommit } from './commitobject.ts'
import type { Objects, ReadableObjects } from './objects.ts'
import type { Changes, Owned } from './plan.ts'
import type { File } from './request.ts'
import { isDirectory, modes, parseTree, serializeTree, type TreeEntry } from './tree.ts'

/** Everything below the owned paths of a tree. Reads only the trees on the way and below. */
export async function readOwned(
  objects: ReadableObjects,
  root: string | undefined,
  paths: readonly string[],
): Promise<Owned> {
  const entries = new Map<string, TreeEntry>()
  const blocked = new Map<string, string>()
  if (root === undefined) return { entries, blocked }
  for (const path of paths) {
    const found = await find(objects, root, path)
    if (found === undefined) continue
    if ('blocking' in found) blocked.set(path, found.blocking)
    else await collect(objects, path, found.entry, entries)
  }
  return { entries, blocked }
}

/** Writes what the changes need: blobs, and the trees from their directories up to the root. Returns the root. */
export async function writeChanges(
  objects: Objects,
  root: string | undefined,
  changes: Changes,
): Promise<{ readonly tree: string; readonly written: readonly string[] }> {
  const written = new Set<string>()
  const write = async (type: 'blob' | 'tree', content: Uint8Array) => {
    const id = await objects.write(type, content)
    written.add(id)
    return id
  }
  const tree = await editTree({ objects, write }, root, changes)
  return { tree: tree ?? (await write('tree', Buffer.alloc(0))), written: [...written] }
}

/** Root of a commit; of no commit, none. */
export async function treeOf(objects: ReadableObjects, commit: string | undefined): Promise<string | undefined> {
  if (commit === undefined) return undefined
  const found = await objects.read(commit)
  if (found?.type !== 'commit') throw new Error(`the commit ${commit} is not in the clone`)
  return parseCommit(found.content).tree
}

export async function readTree(objects: ReadableObjects, id: string): Promise<readonly TreeEntry[]> {
  const found = await objects.read(id)
  if (found?.type !== 'tree') throw new Error(`the tree ${id} is not in the clone`)
  return parseTree(found.content)
}

interface Editing {
  readonly objects: Objects
  readonly write: (type: 'blob' | 'tree', content: Uint8Array) => Promise<string>
}

/** Undefined when nothing is left: git has no empty directories. */
async function editTree(editing: Editing, id: string | undefined, changes: Changes): Promise<string | undefined> {
  const before = id === undefined ? [] : await readTree(editing.objects, id)
  const entries = new Map(before.map((entry) => [entry.name, entry]))
  for (const [name, { self, below }] of byFirstSegment(changes)) {
    const entry = entries.get(name)
    const after = await editEntry(editing, name, entry, self, below)
    if (after === undefined) entries.delete(name)
    else entries.set(name, after)
  }
  return entries.size === 0 ? undefined : editing.write('tree', serializeTree([...entries.values()]))
}

async function editEntry(
  editing: Editing,
  name: string,
  entry: TreeEntry | undefined,
  self: { readonly file: File | undefined } | undefined,
  below: Changes,
): Promise<TreeEntry | undefined> {
  if (self?.file !== undefined) {
    return { mode: modes.file, name, id: await editing.write('blob', self.file.content) }
  }
  if (below.size === 0) return undefined
  const subtree = entry !== undefined && isDirectory(entry) ? entry : undefined
  const id = await editTree(editing, subtree?.id, below)
  return id === undefined ? undefined : { mode: modes.directory, name, id }
}

function byFirstSegment(changes: Changes) {
  const groups = new Map<string, { self?: { file: File | undefined }; below: Map<string, File | undefined> }>()
  for (const [path, file] of changes) {
    const slash = path.indexOf('/')
    const name = slash < 0 ? path : path.slice(0, slash)
    const group = groups.get(name) ?? { below: new Map<string, File | undefined>() }
    if (slash < 0) group.self = { file }
    else group.below.set(path.slice(slash + 1), file)
    groups.set(name, group)
  }
  return groups
}

async function find(
  objects: ReadableObjects,
  root: string,
  path: string,
): Promise<{ readonly entry: TreeEntry } | { readonly blocking: string } | undefined> {
  const segments = path.split('/')
  let entry: TreeEntry = { mode: modes.directory, name: '', id: root }
  for (const [depth, segment] of segments.entries()) {
    if (!isDirectory(entry)) return { blocking: segments.slice(0, depth).join('/') }
    const next = (await readTree(objects, entry.id)).find(({ name }) => name === segment)
    if (next === undefined) return undefined
    entry = next
  }
  return { entry }
}

async function collect(
  objects: ReadableObjects,
  path: string,
  entry: TreeEntry,
  into: Map<string, TreeEntry>,
): Promise<void> {
  if (!isDirectory(entry)) {
    into.set(path, entry)
    return
  }
  for (const child of await readTree(objects, entry.id)) await collect(objects, `${path}/${child.name}`, child, into)
}
