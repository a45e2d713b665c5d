import type { Problem } from '../domain/records.ts'
import { descend, locate, type Located } from './locate.ts'
import { positions, type Path, type Position } from './position.ts'
import type { Written } from './words.ts'
import { parse, readingLimits, type Finding } from './syntax.ts'

/** One YAML document as data that knows where it was written. */
export interface PositionedDocument {
  readonly file: string
  readonly value: unknown
  /** Something in it was refused: good for finding more problems, not for use. */
  readonly flawed: boolean
  /** Of the value at the path; where there is none, of the key of the innermost part that exists. */
  readonly position: (path: Path) => Position
  /** Of the key at the path; of the value where there is no key (an item, the root). */
  readonly keyPosition: (path: Path) => Position
  readonly has: (path: Path) => boolean
  /** The scalar at the path as it was written, and whether without quotes. */
  readonly written: (path: Path) => Written | undefined
}

/**
 * YAML 1.2 (core schema) as people write it, with positions. Bounded in size, tokens and depth; without anchors,
 * aliases, tags, merge keys, directives, repeated keys and keys that are not text. Every problem is reported. A
 * document that is not YAML is left out; one that holds something refused is `flawed`. A byte order mark at the start
 * and CRLF are fine.
 */
export function readDocuments(
  text: string,
  file: string,
): { readonly documents: readonly PositionedDocument[]; readonly problems: readonly Problem[] } {
  if (Buffer.byteLength(text) > readingLimits.bytes) {
    const message = `the file is larger than ${readingLimits.bytes} bytes; split it`
    return { documents: [], problems: [{ file, line: 1, column: 1, message }] }
  }
  const { clean, findings: characters } = screen(text.startsWith('\ufeff') ? text.slice(1) : text)
  const at = positions(clean)
  const problem = ({ offset, message }: Finding): Problem => ({ file, ...at(offset), message })
  const parsed = parse(clean)
  if (parsed.exceeded) return { documents: [], problems: [...characters, parsed.exceeded].map(problem) }

  const documents: PositionedDocument[] = []
  const problems: Problem[] = characters.map(problem)
  for (const { document, errors, refused } of parsed.documents) {
    problems.push(...onePerLine(errors.map(problem)), ...refused.map(problem))
    if (errors.length > 0) continue
    const result = locate(document)
    problems.push(...result.refused.map(problem))
    const flawed = characters.length + refused.length + result.refused.length > 0
    if (result.value !== null || flawed) documents.push(positioned(file, result.value, result.located, flawed, at))
  }
  return { documents, problems: problems.toSorted(byPosition) }
}

export function byPosition(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column
}

function positioned(
  file: string,
  value: unknown,
  root: Located,
  flawed: boolean,
  at: (offset: number) => Position,
): PositionedDocument {
  return {
    file,
    value,
    flawed,
    position: (path) => {
      const { node, depth } = descend(root, path)
      return at(depth === path.length ? node.start : (node.key ?? node.start))
    },
    keyPosition: (path) => {
      const { node } = descend(root, path)
      return at(node.key ?? node.start)
    },
    has: (path) => descend(root, path).depth === path.length,
    written: (path) => {
      const { node, depth } = descend(root, path)
      if (depth < path.length || node.source === undefined) return undefined
      return { source: node.source, plain: node.plain === true }
    },
  }
}

/** What a YAML stream may not hold (https://yaml.org/spec/1.2.2/#51-character-set), and a line break of its own kind. */
const refusedCharacters =
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff\u{d800}-\u{dfff}]|\r(?!\n)/gu

/** Replaced by blanks, so that the rest can be read and its problems reported too. */
function screen(text: string): { clean: string; findings: readonly Finding[] } {
  const findings: Finding[] = []
  const clean = text.replace(refusedCharacters, (character, offset: number) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const name = character === '\r' ? 'a carriage return without line feed' : `the invisible character U+${code}`
    findings.push({ offset, message: `${name} stands here; remove it` })
    return ' '
  })
  return { clean, findings }
}

/** After the first syntax error of a line, the parser's others are consequences of it. */
function onePerLine(problems: readonly Problem[]): readonly Problem[] {
  const lines = new Set<number>()
  return problems.toSorted(byPosition).filter(({ line }) => !lines.has(line) && lines.add(line))
}
