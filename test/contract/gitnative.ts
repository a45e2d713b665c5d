import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Native git, for what other people do to a repository and for looking at what we did. */
export interface NativeFile {
  readonly mode: string
  readonly content: Buffer
}
export type NativeChange = string | { readonly mode: string; readonly content: string | Buffer } | undefined

/** Standard output of a git command in a bare repository. `input` goes to its standard input. */
export function git(repository: string, args: readonly string[], input?: Buffer | string, env = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...args],
      {
        cwd: repository,
        encoding: 'buffer',
        maxBuffer: 256 * 1024 * 1024,
        env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull, ...identity, ...env },
      },
      (error, stdout, stderr) =>
        error ? reject(new Error(`git ${args[0]}: ${stderr.toString()}`, { cause: error })) : resolve(stdout),
    )
    child.stdin?.end(input)
  })
}

export async function gitText(repository: string, ...args: readonly string[]): Promise<string> {
  return (await git(repository, args)).toString('utf8').trim()
}

/** A commit of somebody else, through an index of its own. Paths are bytes, one character each. Returns its id. */
export async function nativeCommit(
  repository: string,
  branch: string,
  changes: Readonly<Record<string, NativeChange>>,
  message: string,
): Promise<string> {
  const ref = `refs/heads/${branch}`
  const index = join(tmpdir(), `fairway-index-${randomBytes(8).toString('hex')}`)
  const withIndex = { GIT_INDEX_FILE: index }
  const head = await gitText(repository, 'rev-parse', '--verify', '--quiet', ref).catch(() => '')
  try {
    if (head !== '') await git(repository, ['read-tree', head], undefined, withIndex)
    const lines: Buffer[] = []
    for (const [path, change] of Object.entries(changes)) {
      const file = typeof change === 'string' ? { mode: '100644', content: change } : change
      lines.push(Buffer.from(`${await indexEntry(repository, file)}\t${path}\0`, 'latin1'))
    }
    await git(repository, ['update-index', '-z', '--index-info'], Buffer.concat(lines), withIndex)
    const tree = (await git(repository, ['write-tree', '--missing-ok'], undefined, withIndex)).toString().trim()
    const parents = head === '' ? [] : ['-p', head]
    const commit = (await git(repository, ['commit-tree', tree, ...parents], message)).toString().trim()
    await git(repository, ['update-ref', ref, commit, head === '' ? '0'.repeat(40) : head])
    return commit
  } finally {
    await rm(index, { force: true })
  }
}

/** Everything on a branch, by path (bytes, one character each). */
export async function nativeFiles(repository: string, branch: string): Promise<Map<string, NativeFile>> {
  const listing = await git(repository, ['ls-tree', '-r', '-z', '--full-tree', `refs/heads/${branch}`])
  const files = new Map<string, NativeFile>()
  for (const line of listing.toString('latin1').split('\0').filter(Boolean)) {
    const [, mode = '', type = '', id = '', path = ''] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line) ?? []
    const content = type === 'blob' ? await git(repository, ['cat-file', 'blob', id]) : Buffer.from(id)
    files.set(path, { mode, content })
  }
  return files
}

/** Newest first. */
export async function nativeLog(repository: string, branch: string) {
  const exists = await gitText(repository, 'rev-parse', '--verify', '--quiet', `refs/heads/${branch}`).catch(() => '')
  if (exists === '') return []
  const output = await git(repository, ['log', '--format=%H%x00%P%x00%B%x00%x00', `refs/heads/${branch}`])
  return output
    .toString('utf8')
    .split('\0\0\n')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [id = '', parents = '', message = ''] = entry.split('\0')
      return { id, parents: parents.split(' ').filter(Boolean), message }
    })
}

async function indexEntry(
  repository: string,
  file: { readonly mode: string; readonly content: string | Buffer } | undefined,
): Promise<string> {
  if (file === undefined) return `0 ${'0'.repeat(40)}`
  // The content of a submodule is the id of its commit.
  if (file.mode === '160000') return `${file.mode} ${file.content.toString()}`
  const id = await git(repository, ['hash-object', '-w', '--stdin'], file.content)
  return `${file.mode} ${id.toString().trim()}`
}

const identity = {
  GIT_AUTHOR_NAME: 'Somebody Else',
  GIT_AUTHOR_EMAIL: 'somebody@example.com',
  GIT_COMMITTER_NAME: 'Somebody Else',
  GIT_COMMITTER_EMAIL: 'somebody@example.com',
}
