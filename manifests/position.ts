/** A place in a text, both from 1. Columns count characters (Unicode code points), as most editors' status bars do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Keys and indexes, outermost first. */
export type Path = readonly (string | number)[]

/** Offsets (UTF-16 units) to positions, in logarithmic time: a one-line file of a megabyte may have many problems. */
export function positions(text: string): (offset: number) => Position {
  const lineStarts = [0]
  // Characters outside the basic plane take two units and one column.
  const secondHalves: number[] = []
  for (let offset = 0; offset < text.length; offset++) {
    const unit = text.charCodeAt(offset)
    if (unit === 0x0a) lineStarts.push(offset + 1)
    else if (unit >= 0xdc00 && unit <= 0xdfff) secondHalves.push(offset)
  }
  return (offset) => {
    const line = countUpTo(lineStarts, offset)
    const start = lineStarts[line - 1] ?? 0
    const extra = countUpTo(secondHalves, offset - 1) - countUpTo(secondHalves, start - 1)
    return { line, column: offset - start - extra + 1 }
  }
}

/** `spec.containers.main.args[0]`, for people. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!/^[A-Za-z_$][\w$-]*$/.test(part)) text += `[${JSON.stringify(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** How many of the sorted numbers are at most `limit`. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Infinity) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
