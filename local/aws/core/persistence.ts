import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { ServiceState } from './state.ts'

const FORMAT = 1

/** Loads a service's state, if the file is there. Synchronous: it happens once, at the start. */
export function load(path: string, state: ServiceState): void {
  const text = readIfThere(path)
  if (text === undefined) return
  const saved = parse(path, text)
  if (saved.format !== FORMAT) throw new Error(`${path} has format ${saved.format}; this simulation reads ${FORMAT}`)
  state.load(saved.state)
}

/**
 * Makes the state durable before the returned promise resolves: written beside, then renamed, so that a process
 * killed at any instruction leaves either the old file or the new one. It survives the process, which is what P4's
 * tests kill, not the machine: hence no fsync. Calls that arrive while a write is running share the next one.
 */
export function createWriter(path: string, mode: number, state: ServiceState): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        running = next ?? running
        next = undefined
        return write(path, mode, state)
      })
    return next
  }
}

async function write(path: string, mode: number, state: ServiceState): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  await writeFile(beside, `${JSON.stringify({ format: FORMAT, state: state.toJSON() }, undefined, 1)}\n`, { mode })
  await rename(beside, path)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The parser's own message quotes the text, which may hold secrets, so it is not passed on. */
function parse(path: string, text: string): { format: number; state: ReturnType<ServiceState['toJSON']> } {
  try {
    return JSON.parse(text) as { format: number; state: ReturnType<ServiceState['toJSON']> }
  } catch {
    throw new Error(`${path} is not JSON; it is written whole or not at all, so something else has changed it`)
  }
}
