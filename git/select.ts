import { Terminal } from '../domain/errors.ts'
import { isSafeSegment } from '../domain/paths.ts'
import type { SourceSnapshot } from '../domain/git.ts'
import { isDirectory, isRegularFile, modes, textPath, type TreeEntry } from './tree.ts'

export interface ManifestLimits {
  /** Files; those after it, in order of path, are refused. */
  readonly files: number
  readonly fileBytes: number
  /** Of all files together. */
  readonly totalBytes: number
}

export const defaultManifestLimits: ManifestLimits = {
  files: 1000,
  fileBytes: 1024 * 1024,
  totalBytes: 32 * 1024 * 1024,
}

/** What a repository's two upper directories show. */
export interface ManifestTree {
  readonly root: readonly TreeEntry[]
  /** Entries of a directory of the root. */
  readonly children: (directory: TreeEntry) => Promise<readonly TreeEntry[]>
  /** Undefined: larger than the limit for one file. */
  readonly content: (file: TreeEntry) => Promise<Uint8Array | undefined>
}

const directoryName = '.fairway'

/** `fairway.yaml`, `fairway.yml`, `.fairway/*.yaml` and `.yml`. Nothing else of a repository is looked at. */
export async function selectManifests(
  tree: ManifestTree,
  limits: ManifestLimits,
): Promise<Pick<SourceSnapshot, 'files' | 'refused'>> {
  const files: { path: string; text: string }[] = []
  const refused: { path: string; reason: string }[] = []
  let total = 0
  for (const { path, entry } of await candidates(tree)) {
    const read = files.length < limits.files ? await readManifest(tree, path, entry, limits) : tooMany(limits)
    if ('reason' in read) refused.push({ path: printable(path), reason: read.reason })
    else if (total + read.bytes > limits.totalBytes) refused.push({ path, reason: tooMuch(limits) })
    else {
      total += read.bytes
      files.push({ path, text: read.text })
    }
  }
  return { files, refused }
}

type ManifestRead = { readonly text: string; readonly bytes: number } | { readonly reason: string }

async function readManifest(
  tree: ManifestTree,
  path: string,
  entry: TreeEntry,
  limits: ManifestLimits,
): Promise<ManifestRead> {
  const reason = obstacle(entry, path)
  if (reason !== undefined) return { reason }
  const content = await tree.content(entry)
  if (content === undefined || content.length > limits.fileBytes) {
    return { reason: `larger than ${limits.fileBytes} bytes: split it` }
  }
  const text = decode(content)
  return text === undefined ? { reason: 'not UTF-8: save it as UTF-8' } : { text, bytes: content.length }
}

function tooMany(limits: ManifestLimits) {
  return { reason: `more than ${limits.files} files: put several documents into one` }
}

function tooMuch(limits: ManifestLimits): string {
  return `all files together are larger than ${limits.totalBytes} bytes: split the repository`
}

interface Candidate {
  readonly path: string
  readonly entry: TreeEntry
}

async function candidates(tree: ManifestTree): Promise<readonly Candidate[]> {
  const found: Candidate[] = []
  for (const entry of tree.root) {
    if (/^fairway\.ya?ml$/.test(entry.name)) found.push({ path: entry.name, entry })
    else if (entry.name === directoryName && !isDirectory(entry)) found.push({ path: directoryName, entry })
    else if (entry.name === directoryName) {
      for (const child of await tree.children(entry)) {
        if (/\.ya?ml$/.test(child.name)) found.push({ path: `${directoryName}/${textPath(child.name)}`, entry: child })
      }
    }
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Links and submodules lead out of the repository that was registered: they are never followed. */
function obstacle(entry: TreeEntry, path: string): string | undefined {
  if (entry.mode === modes.symlink) return 'a symbolic link is not followed: put the file itself here'
  if (entry.mode === modes.submodule) return 'a submodule is not followed: put the files themselves here'
  if (isDirectory(entry)) return 'a directory: put the files directly under .fairway'
  if (!isRegularFile(entry)) return 'not a file'
  if (path === directoryName) return 'a file: .fairway is a directory of manifests'
  if (!isSafeSegment(textPath(entry.name)) || textPath(entry.name).includes('\ufffd')) return 'not a usable file name'
  return undefined
}

/** A byte order mark, which editors on Windows write, is not part of the text. */
function decode(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}

function printable(path: string): string {
  return path.replace(/\p{C}/gu, '\ufffd')
}

/** What reading an empty repository says, in both implementations. */
export function emptyRepository(place: string): Terminal {
  return new Terminal(`${place} has no commit on its default branch`, {
    fix: 'push a first commit with a fairway.yaml to the default branch, or take the source out',
  })
}
