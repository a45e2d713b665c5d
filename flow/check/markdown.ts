import type { Phrase, PhraseValue } from '../../domain/changes.ts'

/**
 * Markdown for people, with texts of others in it. Those stand in code spans only: there nothing is a link, a mention
 * or HTML. https://spec.commonmark.org/0.31.2/#code-spans
 */

/** As much of one text as a person reads. */
const longest = 300

/** A text as it is, whatever is in it. */
export function code(text: string): string {
  const clean = cut(oneLine(text), longest)
  const longestRun = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longestRun + 1)
  // A span of nothing is none, and one that begins or ends with a backtick would run into its fence.
  const pad = clean === '' || /^`|`$/.test(clean) || /^ .* $/.test(clean) ? ' ' : ''
  return `${fence}${pad}${clean}${pad}${fence}`
}

export function codes(texts: readonly string[]): string {
  const most = 20
  const more = texts.length > most ? ` and ${texts.length - most} more` : ''
  return `${texts.slice(0, most).map(code).join(', ')}${more}`
}

export function sentence({ words, values }: Phrase): string {
  return words.map((word, index) => (index === 0 ? word : `${shown(values[index - 1] ?? '')}${word}`)).join('')
}

function shown(value: PhraseValue): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? code(value) : codes(value)
}

export interface Block {
  /** What a reader is told that some of are left out: `problems`. */
  readonly what: string
  /** Whole lines. */
  readonly text: string
}

/** As many blocks as there is room for, in bytes, and how many there was none for. */
export function bounded(blocks: readonly Block[], room: number): string {
  const reserve = 300
  const lines: string[] = []
  let size = 0
  for (const { text } of blocks) {
    size += Buffer.byteLength(text) + 1
    if (size > room - reserve) break
    lines.push(`${text}\n`)
  }
  const left = blocks.slice(lines.length)
  if (left.length === 0) return lines.join('')
  const kinds = [...new Set(left.map(({ what }) => what))]
  const counts = kinds.map((what) => `${left.filter((block) => block.what === what).length} more ${what}`)
  return `${lines.join('')}\nThere is no room here for ${counts.join(' and ')}.\n`
}

/** By code points, so that no character is cut in half. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

/** Nothing that breaks a line, and nothing that makes text read otherwise than it is written (UAX 9). */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g, ' ')
}
