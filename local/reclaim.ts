import type { Clock } from '../domain/effects.ts'
import type { AnyRecord, Store } from '../domain/store.ts'

/**
 * What a killed process held: nobody else can, the directory is locked. Each lease is let go in its holder's name and
 * the resource is due at once, instead of when the lease runs out.
 */
export async function reclaim(store: Store, clock: Clock): Promise<void> {
  const kinds = ['Source', 'System', 'Workload'] as const
  const records: AnyRecord[] = []
  for (const kind of kinds) records.push(...(await store.list(kind)))
  for (const { kind, name, lease } of records) {
    if (lease === undefined) continue
    const ref = { kind, name }
    const taken = await store.leases.acquire(ref, lease.holder)
    if (taken.result !== 'acquired') continue
    while ((await store.leases.release(ref, taken.fence, clock.now())) === 'again');
  }
}
