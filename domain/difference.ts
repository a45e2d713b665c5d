import { canonical } from './hash.ts'

export interface DifferingMember {
  /** `containers.main.variables.LOG_LEVEL` */
  readonly path: string
  /** As text, JSON where it is none. Absent: it is not there. */
  readonly before?: string
  readonly after?: string
}

/** Where two values of plain JSON differ, by path: objects are looked into, everything else is compared whole. */
export function differingMembers(before: unknown, after: unknown, path: readonly string[] = []): DifferingMember[] {
  if (canonical({ value: before }) === canonical({ value: after })) return []
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
    return keys.flatMap((key) => differingMembers(before[key], after[key], [...path, key]))
  }
  return [
    {
      path: path.join('.'),
      ...(before === undefined ? {} : { before: asText(before) }),
      ...(after === undefined ? {} : { after: asText(after) }),
    },
  ]
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : canonical(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
