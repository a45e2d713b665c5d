import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Terminal } from '../domain/errors.ts'

/** Of this process: a lock file alone does not tell a control plane here from one that had the same process id. */
const held = new Set<string>()

/** One control plane per directory: two would each take up the other's work. Answers how to let go. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'local.lock')
  if (held.has(directory)) throw inUse(process.pid, directory)
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      await handle.close()
      held.add(directory)
      return async () => {
        await rm(file, { force: true })
        held.delete(directory)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => '0'))
    if (holder !== process.pid && isRunning(holder)) throw inUse(holder, directory)
    // Left behind by a process that was killed.
    await rm(file, { force: true })
  }
}

function inUse(pid: number, directory: string): Terminal {
  return new Terminal(`process ${pid} runs a control plane on ${directory}`, {
    fix: 'stop it, or name another directory',
  })
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
