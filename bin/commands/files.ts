import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Terminal } from '../../domain/errors.ts'
import type { ValidateFile } from '../../flow/validate.ts'

/** YAML files as given; of a directory, those below it. Paths are shown as they were typed. */
export async function readFiles(paths: readonly string[]): Promise<ValidateFile[]> {
  const all = await Promise.all(paths.map(expand))
  return Promise.all(
    [...new Set(all.flat())].toSorted().map(async (path) => ({ path, text: await readFile(path, 'utf8') })),
  )
}

async function expand(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new Terminal(`there is no file or directory ${path}`)
  if (!found.isDirectory()) return [path]
  const names = await readdir(path, { recursive: true })
  return names.filter((name) => /\.ya?ml$/.test(name)).map((name) => relative('.', join(path, name)) || name)
}
