import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import type { FileSystem, ReadableObjects } from './objects.ts'

/** What is known of a branch, kept on disk between calls; the objects lie beside it. */
export interface Clone<Kept extends ReadableObjects> {
  readonly objects: Kept
  /** The head that was seen last; everything it needs is among the objects. */
  readonly head: string | undefined
  /** Commits whose parents are not here. */
  readonly shallow: readonly string[]
  /** How often it grew since it was made. */
  readonly updates: number
  advance(head: string, shallow: readonly string[]): Promise<void>
}

interface CloneState extends ClusterRepositoryTarget {
  readonly version: 1
  readonly head: string
  readonly shallow: readonly string[]
  readonly updates: number
}

export function cloneKey(target: ClusterRepositoryTarget): string {
  return createHash('sha256')
    .update(JSON.stringify([target.url, target.branch]))
    .digest('hex')
    .slice(0, 40)
}

/** `objectsIn`, or what else is to be done with them. */
export type OpenObjects<Kept extends ReadableObjects> = (fs: FileSystem, gitdir: string) => Kept

/** The clone in this directory; undefined when there is none, or what is there is not one of this target. */
export async function openClone<Kept extends ReadableObjects>(
  directory: string,
  target: ClusterRepositoryTarget,
  open: OpenObjects<Kept>,
): Promise<Clone<Kept> | undefined> {
  const state = await readState(directory)
  if (state === undefined || state.url !== target.url || state.branch !== target.branch) return undefined
  return cloneOf(directory, open(fs, directory), state)
}

/** An empty one, in place of whatever was there. It counts as a clone from its first `advance` on. */
export async function newClone<Kept extends ReadableObjects>(
  directory: string,
  target: ClusterRepositoryTarget,
  open: OpenObjects<Kept>,
): Promise<Clone<Kept>> {
  await removeClone(directory)
  await mkdir(join(directory, 'objects', 'pack'), { recursive: true })
  return cloneOf(directory, open(fs, directory), { ...target, head: undefined, shallow: [], updates: 0 })
}

export async function removeClone(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

function cloneOf<Kept extends ReadableObjects>(
  directory: string,
  objects: Kept,
  initial: Omit<CloneState, 'version' | 'head'> & { readonly head: string | undefined },
): Clone<Kept> {
  let state = initial
  return {
    objects,
    get head() {
      return state.head
    },
    get shallow() {
      return state.shallow
    },
    get updates() {
      return state.updates
    },
    async advance(head, shallow) {
      const { url, branch, updates } = state
      const next = { version: 1 as const, url, branch, head, shallow: [...new Set(shallow)], updates: updates + 1 }
      await writeState(directory, next)
      state = next
    },
  }
}

const stateFile = 'fairway-clone.json'

async function readState(directory: string): Promise<CloneState | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(join(directory, stateFile), 'utf8'))
    return isCloneState(state) ? state : undefined
  } catch {
    return undefined
  }
}

function isCloneState(value: unknown): value is CloneState {
  if (typeof value !== 'object' || value === null) return false
  const state = value as Record<string, unknown>
  return (
    state['version'] === 1 &&
    typeof state['url'] === 'string' &&
    typeof state['branch'] === 'string' &&
    isId(state['head']) &&
    Array.isArray(state['shallow']) &&
    state['shallow'].every(isId) &&
    Number.isInteger(state['updates'])
  )
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)
}

/** Written beside and renamed, so that a killed process leaves the old state or the new one. */
async function writeState(directory: string, state: CloneState): Promise<void> {
  const path = join(directory, stateFile)
  await writeFile(`${path}.new`, `${JSON.stringify(state)}\n`)
  await rename(`${path}.new`, path)
}
