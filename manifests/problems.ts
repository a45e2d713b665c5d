import type { Problem } from '../domain/records.ts'
import type { Explanation } from './explain.ts'
import type { Position } from './position.ts'
import { byPosition, type PositionedDocument } from './read.ts'

/** `file:line:column: message`, as compilers write it. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
}

/** At the key or value that is wrong; `resource` as in `Problem`. */
export function problemAt(document: PositionedDocument, explanation: Explanation, resource?: string): Problem {
  const { line, column } = positionOf(document, explanation)
  const about = resource === undefined ? {} : { resource }
  return { file: document.file, line, column, message: explanation.message, ...about }
}

/** By place, each once. The order of files is kept. */
export function sorted(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))]
  const rank = new Map(files.map((file, index) => [file, index]))
  const seen = new Set<string>()
  return problems
    .toSorted((a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || byPosition(a, b))
    .filter((problem) => {
      const text = formatProblem(problem)
      return !seen.has(text) && seen.add(text)
    })
}

function positionOf(document: PositionedDocument, { about, path }: Explanation): Position {
  // A key that is missing has no place: the key of the innermost part that is there has.
  return about === 'value' ? document.position(path) : document.keyPosition(path)
}
