import { ceilings } from '../../capabilities/ceilings.ts'
import { forEnvironment, placedSpec, workload } from '../../capabilities/schema.ts'
import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { cluster, source, system, type SourceSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import { applied } from '../../flow/operate.ts'
import { validate, type Platform, type ValidateFile, type Validation } from '../../flow/validate.ts'
import type { Validate } from '../../flow/source/ports.ts'

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

/** Against the platform as the store has it; in whose name decides what may be declared (P8). */
export function storeValidation(store: Store): Validate {
  return async (files, name) => {
    const [systems, clusters, record] = await Promise.all([
      store.list('System'),
      store.list('Cluster'),
      name === applied ? undefined : store.get({ kind: 'Source', name }),
    ])
    const spec = record?.spec as SourceSpec | undefined
    const platform: Platform = {
      systems: systems.filter((one) => one.spec !== undefined) as unknown as readonly NamedSystem[],
      clusters: clusters.filter((one) => one.spec !== undefined) as unknown as readonly NamedCluster[],
    }
    const trusted = spec !== undefined && spec.type !== 'port' && spec.platform
    const who = name === applied ? {} : { source: { name, platform: trusted } }
    return validateFiles(files, { platform, ...who })
  }
}
