import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A run as Port's API shows it. */
export interface StoredRun {
  readonly id: string
  readonly action: string
  readonly status: 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE'
  readonly statusLabel?: string
  readonly link?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly createdBy: string
  readonly createdAt: string
  readonly endedAt?: string
  /** Messages, oldest first. */
  readonly logs: readonly string[]
}

export interface StoredEntity {
  readonly identifier: string
  readonly title?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly relations: Readonly<Record<string, unknown>>
}

export interface PortalState {
  readonly runs: Readonly<Record<string, StoredRun>>
  /** By blueprint, then by identifier. */
  readonly entities: Readonly<Record<string, Readonly<Record<string, StoredEntity>>>>
}

export interface StateFile {
  readonly state: PortalState
  /** Applied in order; resolves once it is on disk. */
  change(change: (state: PortalState) => PortalState): Promise<void>
}

/** One JSON file, replaced as a whole, so that a crash leaves the old one or the new one. */
export async function openState(directory: string): Promise<StateFile> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'portal.json')
  let state = await load(path)
  let written: Promise<void> = Promise.resolve()
  return {
    get state() {
      return state
    },
    change(change) {
      state = change(state)
      written = written.catch(() => undefined).then(() => replace(path, JSON.stringify(state, undefined, 2)))
      return written
    },
  }
}

async function load(path: string): Promise<PortalState> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PortalState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { runs: {}, entities: {} }
    throw error
  }
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
