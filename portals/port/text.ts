/** A line of the manifest, or the lines of one input in it. A part without a value is left out. */
export type Part =
  | { readonly lines: readonly string[] }
  | {
      readonly input: string
      /** One key; or two, of which the first is shared with the parts beside it. */
      readonly path: readonly string[]
      /** Of the last key, in steps. */
      readonly indent: number
      readonly value: unknown
      /** Text is taken as YAML, line by line, so that a position in it can be told. */
      readonly yaml?: true
    }

interface Line {
  readonly text: string
  readonly input?: string
  /** Within the input, from 1. */
  readonly line: number
}

/**
 * A manifest in which every line has one origin. Values are written as JSON, which is YAML; YAML that people wrote
 * stays as it is, moved to the right, so that it cannot end the mapping it stands in.
 */
export function manifestText(parts: readonly Part[]): {
  readonly text: string
  readonly inputAt: (line: number) => { readonly input: string; readonly line: number } | undefined
} {
  const lines: Line[] = []
  let shared: string | undefined
  for (const part of parts) {
    if ('lines' in part) {
      lines.push(...part.lines.map((text) => ({ text, line: 1 })))
      continue
    }
    if (part.value === undefined) continue
    const [first, last] = part.path.length > 1 ? [part.path[0], part.path[1]] : [undefined, part.path[0]]
    if (first !== undefined && first !== shared) lines.push({ text: `${space(part.indent - 1)}${first}:`, line: 1 })
    shared = first
    lines.push(...linesOf(part.input, `${space(part.indent)}${last}:`, part.indent, part.value, part.yaml === true))
  }
  return {
    text: `${lines.map(({ text }) => text).join('\n')}\n`,
    inputAt: (number) => {
      const line = lines[number - 1]
      return line?.input === undefined ? undefined : { input: line.input, line: line.line }
    },
  }
}

function linesOf(input: string, key: string, indent: number, value: unknown, yaml: boolean): Line[] {
  if (!yaml || typeof value !== 'string') return [{ text: `${key} ${JSON.stringify(value)}`, input, line: 1 }]
  const block = value.split(/\r\n|\r|\n/).map((text, index) => ({
    text: text === '' ? '' : `${space(indent + 1)}${text}`,
    input,
    line: index + 1,
  }))
  return [{ text: key, input, line: 1 }, ...block]
}

function space(steps: number): string {
  return '  '.repeat(steps)
}
