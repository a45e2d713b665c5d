import { Composer, CST, Lexer, Parser, type Document } from 'yaml'

/** A finding at an offset of the text. */
export interface Finding {
  readonly offset: number
  readonly message: string
}

export interface ParsedDocument {
  readonly document: Document.Parsed
  /** The text is not YAML here: the document's content cannot be trusted. */
  readonly errors: readonly Finding[]
  /** YAML that is not accepted; the rest of the document can still be read. */
  readonly refused: readonly Finding[]
}

/** Bounds on work and memory; several times what a source's largest sensible file needs. */
export const readingLimits = { bytes: 1_048_576, tokens: 200_000, depth: 64 } as const

/** The lexer's own: start of a document, broken-off flow, start of a scalar. They stand for no text. */
const markers = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR])

/**
 * Text to documents, in bounded time and memory: tokens are counted before the tree is built, and its depth is known
 * before anything recursive looks at it. Undefined `documents`: a bound was exceeded, at `exceeded`.
 */
export function parse(text: string): { documents: readonly ParsedDocument[]; exceeded?: Finding } {
  const stream = parseTokens(text)
  if ('exceeded' in stream) return { documents: [], exceeded: stream.exceeded }
  const inspected: Inspection[] = []
  let directives: Finding[] = []
  for (const token of stream.tokens) {
    if (token.type === 'directive') {
      directives.push({ offset: token.offset, message: 'YAML directives (%) are not accepted; remove this line' })
    } else if (token.type === 'document') {
      const inspection = inspect(token)
      if (inspection.tooDeep) return { documents: [], exceeded: inspection.tooDeep }
      inspected.push({ ...inspection, refused: [...directives, ...inspection.refused] })
      directives = []
    }
  }
  // Keys are compared by `locate`: the library's own comparison takes quadratic time.
  const composer = new Composer({ uniqueKeys: false, resolveKnownTags: false })
  const composed = [...composer.compose(stream.tokens, true, text.length)] as Document.Parsed[]
  return { documents: composed.map((document, index) => withErrors(document, inspected[index])) }
}

function parseTokens(text: string): { tokens: CST.Token[] } | { exceeded: Finding } {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > readingLimits.tokens) {
      return { exceeded: { offset, message: 'the file has too many keys and values; split it' } }
    }
    if (!markers.has(lexeme)) offset += lexeme.length
    for (const token of parser.next(lexeme)) tokens.push(token)
  }
  for (const token of parser.end()) tokens.push(token)
  return { tokens }
}

interface Inspection {
  readonly unclosed: readonly Finding[]
  readonly refused: readonly Finding[]
  readonly tooDeep?: Finding
}

/** Without recursion, because depth is what it measures. */
function inspect(root: CST.Document): Inspection {
  const unclosed: Finding[] = []
  const refused: Finding[] = []
  const stack: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next
    const push = (child: CST.Token | null | undefined) => child && stack.push({ token: child, depth: depth + 1 })
    if (depth > readingLimits.depth) {
      const message = `nested more than ${readingLimits.depth} levels deep`
      return { unclosed, refused, tooDeep: { offset: token.offset, message } }
    }
    const open = unclosedAt(token)
    if (open !== undefined) unclosed.push(open)
    const refusal = refusalOf(token)
    if (refusal !== undefined) refused.push(refusal)
    if (token.type === 'document') {
      token.start.forEach(push)
      push(token.value)
    } else if ('items' in token) {
      for (const item of token.items) {
        item.start.forEach(push)
        item.sep?.forEach(push)
        push(item.key)
        push(item.value)
      }
    }
  }
  return { unclosed, refused }
}

function refusalOf(token: CST.Token): Finding | undefined {
  const { offset, type } = token
  if (type === 'anchor' || type === 'alias') {
    const what = type === 'anchor' ? 'anchors (&)' : 'aliases (*)'
    const quoting = type === 'alias' ? ', or put the value in quotes if the * is part of it' : ''
    return { offset, message: `YAML ${what} are not accepted; write the value out where it is used${quoting}` }
  }
  if (type !== 'tag') return undefined
  return { offset, message: `YAML tags are not accepted; remove ${short(token.source)}, and put text in quotes` }
}

/** The library reports these where the text ends; the person has to look where it began. */
function unclosedAt(token: CST.Token): Finding | undefined {
  const { offset } = token
  if (token.type === 'single-quoted-scalar' || token.type === 'double-quoted-scalar') {
    const closed = token.source.length > 1 && token.source.endsWith(token.source.charAt(0))
    return closed ? undefined : { offset, message: `the quote ${token.source.charAt(0)} that opens here is not closed` }
  }
  if (token.type !== 'flow-collection') return undefined
  const wanted = token.start.source === '{' ? '}' : ']'
  if (token.end[0]?.source === wanted) return undefined
  return { offset, message: `the ${token.start.source} that opens here is not closed with ${wanted}` }
}

function withErrors(document: Document.Parsed, inspection: Inspection | undefined): ParsedDocument {
  const unclosed = inspection?.unclosed ?? []
  const from = Math.min(...unclosed.map(({ offset }) => offset))
  // What the library says behind an open quote or bracket is about text that was never meant to be read that way.
  const reported = document.errors
    .map(({ pos, code, message }) => ({ offset: pos[0], message: wording(code, message) }))
    .filter(({ offset }) => offset < from)
  return { document, errors: [...reported, ...unclosed], refused: inspection?.refused ?? [] }
}

const wordings: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
  BAD_INDENT: 'this does not start at the same column as the lines it belongs with',
  BLOCK_AS_IMPLICIT_KEY:
    'a map or list cannot start here; check the indentation of this line and the next, or put text that contains `: ` in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key without its `:`, or text that goes on over several lines; put it in quotes',
  BAD_DQ_ESCAPE: 'an escape that YAML does not know; write \\\\ for a backslash, or use single quotes',
}

function wording(code: string, message: string): string {
  const own = wordings[code]
  if (own !== undefined) return own
  return `not valid YAML: ${short(message.charAt(0).toLowerCase() + message.slice(1))}`
}

function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
