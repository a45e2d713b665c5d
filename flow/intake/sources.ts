import type { SourceRecord } from '../../domain/records.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import type { IntakePorts } from './request.ts'

type SpecOf<Type extends SourceSpec['type']> = Extract<SourceSpec, { type: Type }>

/**
 * Name of the registered source of this type that `concerns` accepts; the first by name, so that the answer does
 * not depend on the order of a listing. The listing may lag behind a registration by moments: the registration
 * itself, and the schedule, have the source looked at.
 */
export async function findSource<Type extends SourceSpec['type']>(
  ports: IntakePorts,
  type: Type,
  concerns: (spec: SpecOf<Type>) => boolean,
): Promise<string | undefined> {
  const records = await ports.store.list('Source')
  return records
    .filter((record) => {
      const spec = specOf(record, type)
      return spec !== undefined && concerns(spec)
    })
    .map(({ name }) => name)
    .toSorted()[0]
}

/** Undefined for a tombstone, and for a source of another type. */
export function specOf<Type extends SourceSpec['type']>(
  record: SourceRecord | undefined,
  type: Type,
): SpecOf<Type> | undefined {
  const spec = record?.spec as SourceSpec | undefined
  return spec?.type === type ? (spec as SpecOf<Type>) : undefined
}
