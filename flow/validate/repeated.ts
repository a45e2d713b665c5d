import type { Problem } from '../../domain/records.ts'
import type { Candidate } from './candidate.ts'

/** The same resource declared twice: at the second, with the place of the first. Which one counts, nobody can say. */
export function repeated(candidates: readonly Candidate[]): Problem[] {
  const first = new Map<string, Candidate>()
  const problems: Problem[] = []
  for (const candidate of candidates) {
    const { resource } = candidate
    if (resource === undefined) continue
    const earlier = first.get(resource)
    if (earlier === undefined) {
      first.set(resource, candidate)
      continue
    }
    const { line, column } = earlier.document.position(namePath)
    const message = `${resource} is declared a second time; first at ${earlier.document.file}:${line}:${column}`
    problems.push(...candidate.problem({ path: namePath, about: 'value', message }))
  }
  return problems
}

const namePath = ['metadata', 'name']
