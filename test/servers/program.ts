import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As the environment variable says, on PATH, or in the repository's own `.venv`; undefined when there is none. */
export function findProgram(variable: string, name: string): string | undefined {
  const repository = fileURLToPath(new URL('../..', import.meta.url))
  const given = process.env[variable]
  const candidates = [
    ...(given ? [given] : []),
    ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name)),
    join(repository, '.venv', 'bin', name),
  ]
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
