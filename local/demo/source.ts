import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Fixed, so that the same files are the same commit in every run. */
const author = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-01-05T09:00:00Z',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_COMMITTER_DATE: '2026-01-05T09:00:00Z',
}

/**
 * Commits a directory's files and pushes them with git itself, as a developer would: a first commit with the README,
 * and one with everything. `first`: only that, and only where there is no branch yet. Answers the commit.
 */
export async function pushDirectory(files: string, url: string, part: 'first' | 'all'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-source-'))
  const git = gitIn(directory)
  try {
    await cp(files, directory, { recursive: true })
    await git('init', '--quiet', '--initial-branch=main')
    await git('add', 'README.md')
    await git('commit', '--quiet', '--message', 'First commit')
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', 'Declare what this repository runs')
    const commit = part === 'first' ? 'HEAD~1' : 'HEAD'
    const there = await git('ls-remote', url, 'refs/heads/main')
    if (part === 'all' || there === '') await git('push', '--quiet', url, `${commit}:refs/heads/main`)
    return await git('rev-parse', commit)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Git itself in a directory, with nobody's settings. */
export function gitIn(cwd: string): (...args: readonly string[]) => Promise<string> {
  const env = {
    ...process.env,
    ...author,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  }
  return async (...args) => (await run('git', args, { cwd, env })).stdout.trim()
}

/** `path` of every file on a branch of a bare repository, and its commits, oldest first. */
export async function readRepository(repository: string): Promise<{
  readonly files: readonly string[]
  readonly commits: readonly { readonly id: string; readonly subject: string }[]
}> {
  const git = async (...args: string[]) => (await run('git', ['--git-dir', repository, ...args])).stdout
  const files = await git('ls-tree', '-r', '--name-only', 'main').catch(() => '')
  const log = await git('log', '--reverse', '--format=%H %s', 'main').catch(() => '')
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')
  return {
    files: lines(files),
    commits: lines(log).map((line) => ({ id: line.slice(0, 40), subject: line.slice(41) })),
  }
}
