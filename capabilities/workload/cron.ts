/**
 * What a CronJob's schedule may be: five fields as Kubernetes' parser (robfig/cron, standard) reads them. A schedule
 * that the API server refuses would otherwise show only when Argo CD applies it.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */

interface Field {
  readonly name: string
  readonly from: number
  readonly to: number
  /** Stand for `from`, `from` + 1, … */
  readonly words?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fields: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: months },
  { name: 'day of the week', from: 0, to: 6, words: days },
]

/** What is wrong with the values of the five fields; undefined when nothing is. */
export function cronProblem(schedule: string): string | undefined {
  const texts = schedule.trim().split(/\s+/)
  if (texts.length !== fields.length) return undefined
  for (const [index, field] of fields.entries()) {
    const bad = texts[index]?.split(',').find((part) => !isPart(part, field))
    if (bad !== undefined) {
      return `"${bad}" is no ${field.name}; that field takes ${field.from} to ${field.to}${inWords(field)}, *, ranges, steps and lists`
    }
  }
  return undefined
}

/** `*`, `5`, `1-5`, each with an optional `/step`. */
function isPart(part: string, field: Field): boolean {
  const [range = '', step, ...rest] = part.split('/')
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false
  if (range === '*' || range === '?') return true
  const ends = range.split('-').map((end) => valueOf(end, field))
  if (ends.length > 2 || ends.includes(undefined)) return false
  return Number(ends[0]) <= Number(ends.at(-1))
}

function valueOf(text: string, { from, to, words = [] }: Field): number | undefined {
  const word = words.indexOf(text.toLowerCase())
  if (word >= 0) return from + word
  if (!/^\d{1,2}$/.test(text)) return undefined
  const value = Number(text)
  return value >= from && value <= to ? value : undefined
}

function inWords({ words }: Field): string {
  return words === undefined ? '' : ` (or ${words[0]} to ${words.at(-1)})`
}
