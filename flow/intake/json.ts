/** Deeper than any payload that is read here (GitHub's have about 6 levels). */
const maxDepth = 32

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * A signed body as data; undefined when it is not JSON in UTF-8, nests too deeply, repeats a key (parsers disagree
 * about which one counts, RFC 8259 4) or names a prototype. Only called after the signature was verified.
 */
export function parseJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    const value: unknown = JSON.parse(text)
    return isTame(text) ? value : undefined
  } catch {
    return undefined
  }
}

/** `text` is valid JSON: its structure is told by braces, brackets, strings and colons alone. */
function isTame(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : undefined) > maxDepth) return false
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keys && isKey(text, end) && !addKey(keys, text.slice(at, end))) return false
      at = end - 1
    }
  }
  return true
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (/\s/.test(text[at] ?? '')) at++
  return text[at] === ':'
}

function addKey(keys: Set<string>, literal: string): boolean {
  const key = JSON.parse(literal) as string
  if (forbidden.has(key) || keys.has(key)) return false
  keys.add(key)
  return true
}
