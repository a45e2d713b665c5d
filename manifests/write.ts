import { Terminal } from '../domain/errors.ts'
import { blockOf } from './block.ts'
import { documentOf, isPlainObject } from './document.ts'

/**
 * One YAML document that YAML 1.1 and 1.2 readers (Kubernetes' Go parsers, PyYAML, this file's twin `read.ts`)
 * all read as the same data. Deterministic: `apiVersion`, `kind`, `metadata` first, the other keys as given;
 * `undefined` members are dropped. Ends in a newline. Data that YAML cannot hold is `Terminal`.
 */
export function emit(object: unknown): string {
  if (typeof object !== 'object' || object === null) throw new Terminal('a YAML document here is a map or a list')
  const ordered = leadingKeysFirst(object)
  return blockOf(ordered) ?? documentOf(ordered)
}

/** Several documents in one file. */
export function emitAll(objects: readonly unknown[]): string {
  return objects.map(emit).join('---\n')
}

function leadingKeysFirst(object: unknown): unknown {
  if (!isPlainObject(object)) return object
  const { apiVersion, kind, metadata, ...rest } = object
  return { apiVersion, kind, metadata, ...rest }
}
