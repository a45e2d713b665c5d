import { documentOf, isPlainObject, maximumDepth } from './document.ts'

/**
 * The bytes of `documentOf`, several times as fast, for all that needs no more than maps, lists and text of one line,
 * which is nearly everything. Undefined for the rest: what it cannot write, and what nobody can. How text is quoted is
 * the library's decision, asked once for each text that is not plain beyond doubt.
 */
export function blockOf(value: unknown): string | undefined {
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined
  try {
    return isEmpty(value) ? undefined : collection(value, '', 0)
  } catch (error) {
    if (error instanceof NotMine) return undefined
    throw error
  }
}

class NotMine extends Error {}

/** The first line without its indentation: it stands behind a `- `, or where the caller put it. */
function collection(value: object, indent: string, depth: number): string {
  if (depth > maximumDepth) throw new NotMine()
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) {
      if (item === undefined) continue
      text += `${text === '' ? '' : indent}- ${isNested(item) ? collection(item, `${indent}  `, depth + 1) : `${scalar(item)}\n`}`
    }
    return text
  }
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    text += `${text === '' ? '' : indent}${key(name)}:${memberOf(member, indent, depth + 1)}`
  }
  return text
}

/** A list stands as deep as the key that holds it. */
function memberOf(member: unknown, indent: string, depth: number): string {
  if (!isNested(member)) return ` ${scalar(member)}\n`
  const inner = Array.isArray(member) ? indent : `${indent}  `
  return `\n${inner}${collection(member, inner, depth)}`
}

function isNested(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (!Array.isArray(value) && !isPlainObject(value)) throw new NotMine()
  return !isEmpty(value)
}

function isEmpty(value: object): boolean {
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  return members.every((member) => member === undefined)
}

function scalar(value: unknown): string {
  if (typeof value === 'string')
    return isPlain(value) ? value : asked(value, values, (text) => ({ k: text }), /^k: (.*)\n$/u)
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return '[]'
  if (typeof value === 'object') return '{}'
  // Digits alone: the library writes other numbers.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value)
  throw new NotMine()
}

function key(name: string): string {
  return isPlain(name) ? name : asked(name, keys, (text) => ({ [text]: null }), /^(?![?] )(.*): null\n$/u)
}

/**
 * Begins with a letter and has nothing in it that means something. No reader takes it for a boolean or null, nor the
 * library for a number, which `e1` is to it.
 */
function isPlain(text: string): boolean {
  return /^[A-Za-z][\w./@-]{0,200}$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d.*)$/i.test(text)
}

const values = new Map<string, string>()
const keys = new Map<string, string>()

/** Of each kind: a process that renders a fleet sees the same texts again and again. */
const mostKept = 5000

function asked(text: string, known: Map<string, string>, wrap: (text: string) => unknown, answer: RegExp): string {
  const before = known.get(text)
  if (before !== undefined) return before
  // Text of several lines, and what would separate documents, depends on how deep it stands.
  const found = /[\r\n]|^(?:---|[.]{3})/.test(text) ? undefined : answer.exec(documentOf(wrap(text)))?.[1]
  if (found === undefined) throw new NotMine()
  if (known.size >= mostKept) known.clear()
  known.set(text, found)
  return found
}
