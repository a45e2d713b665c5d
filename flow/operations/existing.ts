import { Terminal } from '../../domain/errors.ts'
import { parseWorkloadId } from '../../domain/names.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'

/** The workload that an operation names; a tombstone is none. */
export async function existing(store: Store, workload: string): Promise<WorkloadRecord> {
  parseWorkloadId(workload)
  const record = await store.get(workloadRef(workload))
  if (record?.spec === undefined) throw noWorkload(workload)
  return record
}

export function noWorkload(name: string): Terminal {
  return new Terminal(`there is no workload ${name}`, { fix: 'list all with `fairway status`', absent: true })
}
