import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RetryLater } from '../../domain/errors.ts'
import type { Contents } from '../../domain/handover.ts'
import { sha256 } from '../../domain/hash.ts'
import { isHash, verified } from './verified.ts'

/** One file each. The folder is made when something is put. */
export function folderContents(folder: string): Contents {
  return {
    async put(text) {
      const hash = sha256(text)
      const part = join(folder, `${hash}.${randomUUID()}`)
      await trying('written', async () => {
        await mkdir(folder, { recursive: true })
        // Written beside and renamed: there whole or not at all, whoever else puts the same.
        await writeFile(part, text)
        await rename(part, join(folder, hash))
      })
      return hash
    },
    async get(hash) {
      if (!isHash(hash)) return undefined
      const text = await trying('read', () => readFile(join(folder, hash), 'utf8').catch(unlessAbsent))
      return text === undefined ? undefined : verified(hash, text)
    },
  }
}

function unlessAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

async function trying<Result>(done: string, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task()
  } catch (error) {
    throw new RetryLater(`what was rendered could not be ${done}`, { cause: error })
  }
}
