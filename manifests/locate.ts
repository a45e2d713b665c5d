import { isMap, isScalar, isSeq, type Document, type ParsedNode, type Pair } from 'yaml'
import type { Path } from './position.ts'
import type { Finding } from './syntax.ts'

/** Where a value stands. Offsets into the text. */
export interface Located {
  readonly start: number
  /** Of its key; for the items of a list, and the root, there is none. */
  readonly key?: number
  /** A scalar as it was written, without quotes. */
  readonly source?: string
  /** Written without quotes. */
  readonly plain?: true
  readonly children?: ReadonlyMap<string | number, Located>
}

export interface LocatedValue {
  readonly value: unknown
  readonly located: Located
  readonly refused: readonly Finding[]
}

/** Keys that reach an object's prototype in careless code. Refused everywhere, so that no later code has to care. */
const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** A composed document as plain data, and where each part of it stands. Refused keys are left out of the data. */
export function locate(document: Document.Parsed): LocatedValue {
  const refused: Finding[] = []
  const root = convert(document.contents, undefined, document.range[0], refused)
  return { ...root, refused }
}

type Converted = Omit<LocatedValue, 'refused'>

function convert(node: ParsedNode | null, key: number | undefined, at: number, refused: Finding[]): Converted {
  const place = { start: node?.range[0] ?? at, ...(key === undefined ? {} : { key }) }
  if (isMap(node)) return convertMap(node.items, place, refused)
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(item, undefined, place.start, refused))
    const children = new Map(items.map(({ located }, index) => [index, located]))
    return { value: items.map(({ value }) => value), located: { ...place, children } }
  }
  // An alias was refused already and is nothing here.
  if (!isScalar(node)) return { value: null, located: place }
  const source = node.source ?? ''
  const plain = node.type === 'PLAIN' ? { plain: true as const } : {}
  // `key:` without a value: the key is what there is to point at.
  const start = plain.plain && source === '' ? (key ?? place.start) : place.start
  return { value: node.value, located: { ...place, start, source, ...plain } }
}

function convertMap(items: readonly Pair<ParsedNode, ParsedNode | null>[], place: Located, refused: Finding[]) {
  const value: Record<string, unknown> = {}
  const children = new Map<string | number, Located>()
  for (const pair of items) {
    const offset = pair.key.range[0]
    const name = keyName(pair.key)
    const member = convert(pair.value, offset, offset, refused)
    const first = typeof name === 'string' ? children.get(name) : undefined
    const refusal = refuseKey(pair.key, name, first !== undefined)
    if (refusal !== undefined) refused.push({ offset, message: refusal })
    if (name === undefined || first !== undefined || prototypeKeys.has(name) || name === '<<') continue
    value[name] = member.value
    children.set(name, member.located)
  }
  return { value, located: { ...place, children } }
}

/** Keys as text; a number keeps its spelling, so that the rest can still be checked. */
function keyName(key: ParsedNode): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined
  return typeof key.value === 'string' ? key.value : key.source
}

function refuseKey(key: ParsedNode, name: string | undefined, repeated: boolean): string | undefined {
  if (name === undefined) return isScalar(key) ? 'a key is missing before the `:`' : 'a key must be text'
  const shown = quote(name)
  if (repeated) return `the key ${shown} stands here a second time; keep one of them`
  if (prototypeKeys.has(name)) return `the key ${shown} is not accepted anywhere`
  if (name === '<<') return 'YAML merge keys (<<) are not accepted; write the keys out'
  if (isScalar(key) && typeof key.value !== 'string') {
    return `the key ${shown} is not text; put it in quotes, ${JSON.stringify(name)}:`
  }
  return undefined
}

/** For messages; long ones are cut. */
export function quote(text: string): string {
  return `\`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``
}

/** The node at a path, and how much of the path exists. */
export function descend(root: Located, path: Path): { node: Located; depth: number } {
  let node = root
  let depth = 0
  for (const part of path) {
    const child = node.children?.get(part)
    if (child === undefined) break
    node = child
    depth++
  }
  return { node, depth }
}
