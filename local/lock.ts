import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Terminal } from '../domain/errors.ts'

/** One control plane per directory: two would each take up the other's work. Answers how to let go. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'local.lock')
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => '0'))
    if (holder !== process.pid && isRunning(holder)) {
      throw new Terminal(`process ${holder} runs a control plane on ${directory}`, {
        fix: 'stop it, or name another directory',
      })
    }
    // Left behind by a process that was killed.
    await rm(file, { force: true })
  }
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
