import { Terminal } from '../domain/errors.ts'
import type { Condition, Json, Path, Update } from '../domain/table.ts'
import { hiddenAttributes } from './definition.ts'

/**
 * What DynamoDB would refuse, refused before the call and alike by both tables. Limits:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */

/** An item has at most 400 KB; the rest is room for what its own updates add. */
export const largestWrite = 350_000
const largestKey = 2048
const deepest = 32
const smallestNumber = 1e-130

const keptByTheTable: ReadonlySet<string> = new Set(['key', 'revision', ...Object.values(hiddenAttributes)])

export type Attributes = Record<string, Json>

export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes > 0 && bytes <= largestKey) return
  throw new Terminal(`a key must have 1 to ${largestKey} bytes, this one has ${bytes}`, {
    fix: 'use a shorter name or id',
  })
}

/** The attributes as they are stored: plain data without undefined members. */
export function checkedAttributes(key: string, attributes: Readonly<Record<string, Json | undefined>>): Attributes {
  const plain = checkedValue(attributes, key, 0) as Attributes
  for (const [name, value] of Object.entries(plain)) checkAttribute(key, name, value)
  checkSize(key, JSON.stringify(plain))
  return plain
}

/** The update with plain values; every path is there once, and none lies inside another. */
export function checkedUpdate(key: string, update: Update): Required<Update> {
  const set = (update.set ?? []).map(([path, value]) => [path, checkedValue(value, key, path.length)] as const)
  const remove = update.remove ?? []
  const add = update.add ?? []
  for (const [path, value] of set) if (path.length === 1) checkAttribute(key, path[0] ?? '', value)
  for (const [, amount] of add) checkedValue(amount, key, 0)
  checkPaths(key, [...set.map(([path]) => path), ...remove, ...add.map(([path]) => path)])
  if (add.some(([path]) => path[0] === 'attentionAt')) throw misuse(key, 'attentionAt is set or removed, not added to')
  checkSize(key, JSON.stringify(set))
  return { set, remove, add }
}

export function checkCondition(key: string, condition: Condition): void {
  if (condition.op === 'all' || condition.op === 'any') {
    if (condition.of.length === 0) throw misuse(key, `a condition "${condition.op}" of nothing`)
    for (const member of condition.of) checkCondition(key, member)
  } else if (condition.path.length === 0) {
    throw misuse(key, 'a condition on an empty path')
  }
}

function checkPaths(key: string, paths: readonly Path[]): void {
  if (paths.length === 0) throw misuse(key, 'an update that changes nothing')
  for (const [index, path] of paths.entries()) {
    if (path.length === 0) throw misuse(key, 'an update of an empty path')
    if (keptByTheTable.has(path[0] ?? '')) throw misuse(key, `the table itself keeps "${path[0]}"`)
    const overlap = paths.findIndex((other, at) => at !== index && path.every((name, depth) => other[depth] === name))
    if (overlap >= 0) throw misuse(key, `two changes of one path, ${path.join('.')}`)
  }
}

function checkAttribute(key: string, name: string, value: Json): void {
  if (keptByTheTable.has(name)) throw misuse(key, `the table itself keeps "${name}"`)
  if (name === 'attentionAt' && typeof value !== 'number') throw misuse(key, 'attentionAt must be a number')
  if (name === 'kind' && (typeof value !== 'string' || value === '')) throw misuse(key, 'kind must be a text')
}

function checkedValue(value: Json | undefined, key: string, depth: number): Json {
  if (depth > deepest) throw misuse(key, `data nested more than ${deepest} levels deep`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    if (isStorable(value)) return value === 0 ? 0 : value
    throw misuse(key, `the number ${value}, which cannot be stored exactly`)
  }
  if (Array.isArray(value)) return value.map((member: Json) => checkedValue(member, key, depth + 1))
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return Object.fromEntries(members.map(([name, member]) => [name, checkedValue(member, key, depth + 1)]))
  }
  throw misuse(key, `a value of type ${typeof value}, which is not JSON`)
}

function isStorable(value: number): boolean {
  const size = Math.abs(value)
  return value === 0 || (size <= Number.MAX_SAFE_INTEGER && size >= smallestNumber)
}

function checkSize(key: string, json: string): void {
  const bytes = Buffer.byteLength(json)
  if (bytes <= largestWrite) return
  throw new Terminal(`${key} would take ${Math.ceil(bytes / 1000)} KB, and at most ${largestWrite / 1000} KB fit`, {
    fix: 'make the resource smaller: fewer or shorter entries',
  })
}

function misuse(key: string, what: string): Terminal {
  return new Terminal(`cannot store ${key}: ${what}`)
}
