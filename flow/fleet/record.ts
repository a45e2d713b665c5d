import type { FailedLook, Finding } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'

/** What one record is told. */
export interface Told {
  readonly record: WorkloadRecord | SystemRecord
  readonly findings: readonly Finding[]
  /** A reconcile is to look. */
  readonly wake: boolean
}

/** Writes at a time. */
const width = 8

/** What was found goes on the records that it is about, and what is not there any more goes off them. */
export async function putOnRecord(
  store: Pick<Store, 'drifted'>,
  shard: string,
  shards: ReadonlySet<string>,
  seen: {
    readonly told: readonly Told[]
    readonly clean: readonly (WorkloadRecord | SystemRecord)[]
    readonly sampled: ReadonlySet<string>
    readonly failed: readonly FailedLook[]
  },
): Promise<void> {
  const byRecord = new Map<string, Told>(
    seen.clean.map((record) => [keyOf(record), { record, findings: [], wake: false }]),
  )
  for (const one of seen.told) {
    const before = byRecord.get(keyOf(one.record))
    const findings = [...(before?.findings ?? []), ...one.findings]
    byRecord.set(keyOf(one.record), { record: one.record, findings, wake: one.wake || (before?.wake ?? false) })
  }
  const blind = new Set(seen.failed.map(({ capability }) => capability))
  const work = [...byRecord.values()]
  const worker = async () => {
    for (let one = work.shift(); one !== undefined; one = work.shift()) {
      const { kind, name } = one.record
      const wasSampled = seen.sampled.has(name)
      await store.drifted(
        { kind, name },
        {
          shard,
          shards,
          // What is only due is no drift: there is nothing to say about it once it is done.
          findings: one.findings.filter((finding) => finding.kind !== 'due'),
          wake: one.wake,
          keep: ({ capability = 'manifests', deep }) => blind.has(capability) || (deep === true && !wasSampled),
        },
      )
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

function keyOf({ kind, name }: Told['record']): string {
  return `${kind}/${name}`
}
