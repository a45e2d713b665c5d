import type { CheckAnnotation, CheckRun } from '../../domain/checks.ts'
import { canonical, sha256 } from '../../domain/hash.ts'

/** A check run as GitHub takes it. */
export interface CheckOutput {
  /** Of all that the run says, also of what was too long: equal runs, equal ids. */
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly annotations: readonly AnnotationInput[]
}

export interface AnnotationInput {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: CheckAnnotation['level']
  readonly title?: string
  readonly message: string
}

/**
 * GitHub's limits, https://docs.github.com/en/rest/checks/runs: characters there, bytes here, which is right for either
 * reading and for a database column of that size.
 */
const limits = { summary: 65_535, message: 64_000, title: 255 }

/** Fifty go in one request, and 80 writing requests a minute are allowed: enough to work with, and little of that. */
const mostAnnotations = 500

/** Pure. What does not fit is cut, and the summary says so. */
export function outputOf(run: CheckRun): CheckOutput {
  const shown = run.annotations.slice(0, mostAnnotations)
  const hidden = run.annotations.length - shown.length
  const note = hidden === 0 ? '' : `\n\n${hidden} more annotations are not shown here.`
  return {
    id: `fairway-${sha256(canonical(run)).slice(0, 32)}`,
    title: cut(run.title, limits.title) || run.name,
    summary: `${cut(run.summary, limits.summary - Buffer.byteLength(note))}${note}`,
    annotations: shown.map(annotationOf),
  }
}

/** One line each, so that a column may be named. */
function annotationOf({ path, line, column, level, title, message }: CheckAnnotation): AnnotationInput {
  const first = Math.max(1, line)
  const at = column === undefined || column < 1 ? {} : { start_column: column, end_column: column }
  return {
    path,
    start_line: first,
    end_line: first,
    ...at,
    annotation_level: level,
    ...(title === undefined ? {} : { title: cut(title, limits.title) }),
    message: cut(message, limits.message) || level,
  }
}

/** At most so many bytes, without half a character; `\0` and lone surrogates are no text. */
function cut(text: string, bytes: number): string {
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd')
  const whole = Buffer.from(clean, 'utf8')
  if (whole.byteLength <= bytes) return clean
  const end = '\n…'
  const kept = whole.subarray(0, bytes - Buffer.byteLength(end)).toString('utf8')
  return `${kept.replace(/\ufffd+$/, '')}${end}`
}
