import type { CommitWords } from '../../domain/git.ts'
import type { Change } from '../../domain/handover.ts'

/** Where most tools cut a first line. */
const longest = 72

/** A reason that takes more of the first line than this stands in the trailers only. */
const longestReason = 24

/** `12 workloads: quotes, claims-intake, … (declared)`, and one line for each below. Two or more. Pure. */
export function groupWords(changes: readonly Change[]): CommitWords {
  const refs = new Map(changes.map(({ ref }) => [`${ref.kind}/${ref.name}`, ref]))
  const names = [...refs.values()].map(({ name }) => name.split('/').at(-1) ?? name)
  const head = `${refs.size} ${nounFor([...refs.values()])}: `
  const reason = commonReason(changes)
  const tail = reason === undefined ? '' : ` (${reason})`
  return {
    subject: `${head}${asManyAs(names, longest - length(head) - length(tail))}${tail}`,
    body: changes.map(({ subject }) => `- ${subject}`).join('\n'),
  }
}

function nounFor(refs: readonly Change['ref'][]): string {
  const kinds = new Set(refs.map(({ kind }) => kind))
  const [kind] = kinds
  const noun = kinds.size === 1 && kind !== undefined ? kind.toLowerCase() : 'resource'
  return refs.length === 1 ? noun : `${noun}s`
}

function commonReason(changes: readonly Change[]): string | undefined {
  const reasons = new Set(changes.map(({ trailers }) => trailers.find(([name]) => name === 'Fairway-Reason')?.[1]))
  const [reason] = reasons
  return reasons.size === 1 && reason !== undefined && length(reason) <= longestReason ? reason : undefined
}

/** The first of the names, and `…` for the others. */
function asManyAs(names: readonly string[], room: number): string {
  const all = names.join(', ')
  if (length(all) <= room) return all
  const [first = '', ...rest] = names
  let text = first
  for (const name of rest) {
    if (length(`${text}, ${name}, …`) > room) break
    text = `${text}, ${name}`
  }
  return `${text}, …`
}

function length(text: string): number {
  return Array.from(text).length
}
