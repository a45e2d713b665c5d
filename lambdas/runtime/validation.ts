import { ceilings } from '../../capabilities/ceilings.ts'
import { demandOf } from '../../capabilities/demand.ts'
import { forEnvironment, placedSpec, workload } from '../../capabilities/schema.ts'
import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import type { Fleet } from '../../domain/fleet.ts'
import { cluster, source, system, type SourceSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import { checkQuotas } from '../../flow/quotas/check.ts'
import { applied } from '../../flow/operate.ts'
import { validate, type Platform, type ValidateFile, type Validation } from '../../flow/validate.ts'
import type { Validate } from '../../flow/source/ports.ts'
import { specs } from './specs.ts'

export const schemas = { System: system, Cluster: cluster, Source: source, Workload: workload }

const placed = { schema: placedSpec, forEnvironment }

/** Every check that needs nothing but the files and, if given, a platform. */
export function validateFiles(
  files: readonly ValidateFile[],
  against: {
    readonly platform?: Platform
    readonly source?: { readonly name: string; readonly platform: boolean }
  } = {},
): Validation {
  return validate(files, schemas, { placed, ceilings, ...against })
}

/**
 * Against the platform as the store has it; in whose name decides what may be declared (P8). With looks at the fleet
 * also against what they found to be used of quotas.
 */
export function storeValidation(store: Store, fleet?: Pick<Fleet, 'reports'>): Validate {
  return async (files, name) => {
    const [systems, clusters, record, reports] = await Promise.all([
      store.list('System'),
      store.list('Cluster'),
      name === applied ? undefined : store.get({ kind: 'Source', name }),
      fleet?.reports() ?? [],
    ])
    const spec = record?.spec as SourceSpec | undefined
    const platform: Platform = {
      systems: systems.filter((one) => one.spec !== undefined) as unknown as readonly NamedSystem[],
      clusters: clusters.filter((one) => one.spec !== undefined) as unknown as readonly NamedCluster[],
    }
    const trusted = spec !== undefined && spec.type !== 'port' && spec.platform
    const who = name === applied ? {} : { source: { name, platform: trusted } }
    const found = validateFiles(files, { platform, ...who })
    return checkQuotas(store, found, reports, { clusters: platform.clusters, specs, demandOf })
  }
}
