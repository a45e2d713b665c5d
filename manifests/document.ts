import { Document, Pair, Scalar, YAMLMap, YAMLSeq, type Node, type ScalarTag } from 'yaml'
import { Terminal } from '../domain/errors.ts'

/**
 * Strings that `yaml` would leave plain or in a block, and that some reader takes for something else: octal in
 * YAML 1.2 only (`0o17`), `=` and `<<` in YAML 1.1, tabs, and characters that a stream may not hold as they are
 * (https://yaml.org/spec/1.2.2/#51-character-set; PyYAML and Go refuse U+FFFE and U+FFFF too).
 */
const hazardous =
  // oxlint-disable-next-line no-control-regex -- control characters are the hazard
  /^[-+]?0[oO]|^=$|^<<$|\t|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/

/** The characters that stay unescaped in the library's double quotes although not every reader accepts them. */
const unescaped = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

/** YAML 1.1 takes an exponent without a fraction for text (https://yaml.org/type/float.html): `1e+21` is `1.0e+21`. */
const exponent: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number' && /^-?\d+e/.test(String(value)),
  test: /(?!)/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace('e', '.0e'),
}

/** Deeper than any Kubernetes object; a cycle ends here. */
export const maximumDepth = 100

/** One YAML document, by the library: `emit` of write.ts says what it is like. Data that YAML cannot hold is `Terminal`. */
export function documentOf(object: unknown): string {
  const document = new Document(null, {
    compat: 'yaml-1.1',
    customTags: (tags) => [exponent, ...tags],
  })
  document.contents = toNode(object, 0)
  return document
    .toString({ lineWidth: 0, indentSeq: false })
    .replace(unescaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function toNode(value: unknown, depth: number): Node {
  if (depth > maximumDepth) throw new Terminal(`an object is nested more than ${maximumDepth} deep, or holds itself`)
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') return number(value)
  if (value === null || typeof value === 'boolean') return new Scalar(value)
  if (Array.isArray(value)) {
    const sequence = new YAMLSeq()
    for (const item of value) if (item !== undefined) sequence.items.push(toNode(item, depth + 1))
    return sequence
  }
  if (isPlainObject(value)) {
    const map = new YAMLMap()
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) map.items.push(new Pair(text(key), toNode(member, depth + 1)))
    }
    return map
  }
  throw new Terminal(`a manifest holds a ${Object.prototype.toString.call(value)}, which is not data`)
}

function text(value: string): Scalar {
  // A lone surrogate has no UTF-8 form: readers would see something else than was written.
  if (!value.isWellFormed()) throw new Terminal('a manifest holds text that is not valid Unicode (a lone surrogate)')
  const scalar = new Scalar(value)
  if (hazardous.test(value)) scalar.type = Scalar.QUOTE_DOUBLE
  return scalar
}

function number(value: number): Scalar {
  if (!Number.isFinite(value)) throw new Terminal(`a manifest holds ${value}, which JSON and Kubernetes do not know`)
  // JSON has no negative zero, and readers disagree about `-0`.
  return new Scalar(value === 0 ? 0 : value)
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
