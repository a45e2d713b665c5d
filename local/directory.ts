import { createWriteStream, type WriteStream } from 'node:fs'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createBareRepository } from './git.ts'
import { lockDirectory } from './lock.ts'

/** The directory of a local control plane; README.md, "Local", describes it. */
export interface LocalDirectory {
  readonly path: string
  readonly aws: string
  readonly nats: string
  readonly portal: string
  readonly store: string
  readonly scratch: string
  /** What was rendered and waits for its commit. */
  readonly contents: string
  readonly argocd: string
  /** Bare repositories of clusters and of sources; made when first asked for. Answers the name. */
  readonly repos: BareRepositories
  readonly sources: BareRepositories
  readonly log: (line: string) => void
  /** Lets go of the directory. */
  readonly close: () => Promise<void>
}

export interface BareRepositories {
  readonly path: string
  ensure(name: string): Promise<string>
}

export async function openDirectory(path: string): Promise<LocalDirectory> {
  await mkdir(path, { recursive: true })
  const unlock = await lockDirectory(path)
  // A killed process leaves it behind, and it means that somebody is ready.
  await rm(join(path, 'local.json'), { force: true })
  const names = ['aws', 'nats', 'portal', 'store', 'repos', 'sources', 'logs', 'argocd'] as const
  const at = Object.fromEntries(names.map((name) => [name, join(path, name)])) as Record<(typeof names)[number], string>
  await Promise.all(['repos', 'sources', 'logs'].map((name) => mkdir(join(path, name), { recursive: true })))
  // Clones are copies: they are made anew by the next process, so that nothing here outlives what it was copied from.
  const scratch = join(path, 'scratch')
  await rm(scratch, { recursive: true, force: true })
  // What lay there waited with tokens of a process that is gone.
  const contents = join(path, 'contents')
  await rm(contents, { recursive: true, force: true })
  const log = createWriteStream(join(at.logs, 'fairway.log'), { flags: 'a' })
  return {
    path,
    ...at,
    scratch,
    contents,
    repos: bareRepositories(at.repos),
    sources: bareRepositories(at.sources),
    log: (line) => void log.write(`${line}\n`),
    close: async () => {
      await end(log)
      await rm(scratch, { recursive: true, force: true })
      await unlock()
    },
  }
}

function bareRepositories(path: string): BareRepositories {
  const known = new Map<string, Promise<string>>()
  return {
    path,
    ensure(name) {
      const made = known.get(name) ?? make(path, name)
      known.set(name, made)
      return made
    },
  }
}

async function make(path: string, name: string): Promise<string> {
  const there = await access(join(path, `${name}.git`, 'HEAD')).then(
    () => true,
    () => false,
  )
  if (!there) await createBareRepository(path, name)
  return name
}

async function end(log: WriteStream): Promise<void> {
  await new Promise<void>((resolve) => log.end(resolve))
}

/** Whole or not at all. */
export async function writeWhole(file: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(`${file}.next`, text, { mode })
  await rename(`${file}.next`, file)
}
