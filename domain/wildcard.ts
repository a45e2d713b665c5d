/**
 * Patterns with `*` (any text, also none) and `?` (one character), as ECR tag patterns and IAM use them. No
 * regular expressions: a hostile pattern must not make matching slow.
 */

/** True when `text` is in the pattern's language. Linear in practice, pattern × text at worst. */
export function matches(pattern: string, text: string): boolean {
  let at = 0
  let from = 0
  // The last star seen, and where in the text it stops for now: on a mismatch it takes one character more.
  let star = -1
  let resume = 0
  while (from < text.length) {
    const symbol = pattern[at]
    if (symbol === '*') {
      star = at++
      resume = from
    } else if (symbol === '?' || symbol === text[from]) {
      at++
      from++
    } else if (star >= 0) {
      at = star + 1
      from = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** True when some text is in both languages. */
export function intersects(left: string, right: string): boolean {
  const seen = new Set<number>()
  const open: [number, number][] = [[0, 0]]
  while (open.length > 0) {
    const [l, r] = open.pop() as [number, number]
    const state = l * (right.length + 1) + r
    if (seen.has(state)) continue
    seen.add(state)
    if (l === left.length && r === right.length) return true
    if (left[l] === '*') open.push([l + 1, r])
    if (right[r] === '*') open.push([l, r + 1])
    if (l < left.length && r < right.length && mayBeEqual(left[l], right[r])) {
      open.push([left[l] === '*' ? l : l + 1, right[r] === '*' ? r : r + 1])
    }
  }
  return false
}

/** Pairs of states after which a proof is given up: far above what real ARNs need (tens to hundreds). */
const proofLimit = 20_000

/**
 * True when every text in the language of `narrow` is provably in that of `wide`. Walks the narrow pattern while
 * tracking the set of places where the wide one may stand (the subset construction). An alphabet of the literal
 * characters of both and one that is in neither is enough. False when the proof would take too long.
 */
export function covers(wide: string, narrow: string): boolean {
  const alphabet = [...new Set(`${wide}${narrow}`.split('').filter((symbol) => !isWild(symbol))), undefined]
  const seen = new Set<string>()
  const open: [number, readonly number[]][] = [[0, closure(wide, [0])]]
  while (open.length > 0) {
    const [at, places] = open.pop() as [number, readonly number[]]
    const state = `${at}:${places.join()}`
    if (seen.has(state)) continue
    if (seen.size >= proofLimit) return false
    seen.add(state)
    // The end of `narrow` can be reached from everywhere, so nowhere left to stand is a counterexample already.
    if (places.length === 0) return false
    const symbol = narrow[at]
    if (symbol === undefined) {
      if (!places.includes(wide.length)) return false
      continue
    }
    if (symbol === '*') open.push([at + 1, places])
    const next = symbol === '*' ? at : at + 1
    for (const character of isWild(symbol) ? alphabet : [symbol]) open.push([next, step(wide, places, character)])
  }
  return true
}

function step(pattern: string, places: readonly number[], character: string | undefined): readonly number[] {
  const reached: number[] = []
  for (const place of places) {
    const symbol = pattern[place]
    if (symbol === '*') reached.push(place)
    else if (symbol === '?' || (symbol !== undefined && symbol === character)) reached.push(place + 1)
  }
  return closure(pattern, reached)
}

/** A `*` may stand for nothing. Sorted and without doubles, so that equal sets have equal text. */
function closure(pattern: string, places: readonly number[]): readonly number[] {
  const all = new Set<number>()
  for (let place of places) {
    all.add(place)
    while (pattern[place] === '*') all.add(++place)
  }
  return [...all].sort((a, b) => a - b)
}

function mayBeEqual(left: string | undefined, right: string | undefined): boolean {
  return isWild(left) || isWild(right) || left === right
}

function isWild(symbol: string | undefined): boolean {
  return symbol === '*' || symbol === '?'
}
