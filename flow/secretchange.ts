import type { Installation } from '../domain/capability.ts'
import type { EventBus } from '../domain/events.ts'
import { parseSecretId } from '../domain/names.ts'
import type { Store } from '../domain/store.ts'
import { workloadRef } from './world.ts'

/**
 * Somebody else wrote an entry, as its owner does to fill it: whose it is, its name says, which no event rule can take
 * apart. What nobody knows is ignored, and so is what is being removed.
 */
export async function lookAtSecret(
  ports: { readonly store: Store; readonly bus: EventBus; readonly installation: Installation },
  secretId: string,
): Promise<{ readonly events: number }> {
  const owner = parseSecretId(ports.installation.name, secretId)
  const [record] = owner ? await ports.store.getMany([workloadRef(owner.workload)]) : []
  if (record?.spec === undefined || record.intent === 'retire') return { events: 0 }
  await ports.bus.publish([{ type: 'WorkloadChanged', detail: { workload: record.name, reason: 'secret changed' } }])
  return { events: 1 }
}
