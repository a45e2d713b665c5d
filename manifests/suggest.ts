import { distance } from 'fastest-levenshtein'

/** What somebody probably meant: at most two slips away, or a third of a long word; undefined when nothing is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 100) return undefined
  let best: { candidate: string; slips: number } | undefined
  for (const candidate of candidates) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase())
    const allowed = Math.max(2, Math.floor(candidate.length / 3))
    if (slips <= allowed && slips < Math.min(word.length, candidate.length) && slips < (best?.slips ?? Infinity)) {
      best = { candidate, slips }
    }
  }
  return best?.candidate
}

/** `; did you mean \`x\`?`, or nothing. */
export function didYouMean(word: unknown, candidates: readonly string[]): string {
  const candidate = typeof word === 'string' ? nearest(word, candidates) : undefined
  return candidate === undefined ? '' : `; did you mean \`${candidate}\`?`
}

/** `\`a\`, \`b\` or \`c\`` */
export function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => `\`${String(value)}\``)
  if (quoted.length < 2) return quoted.join('')
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
