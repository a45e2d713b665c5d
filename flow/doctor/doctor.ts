import { Terminal } from '../../domain/errors.ts'
import { accountChecks } from './accounts.ts'
import { capabilityChecks, natsChecks } from './capabilities.ts'
import type { Check, Finding } from './check.ts'
import { clusterChecks } from './clusters.ts'
import { gitHubChecks } from './github.ts'
import type { DoctorPorts } from './ports.ts'
import { portalChecks } from './portal.ts'
import { repositoryChecks, sourceChecks } from './repositories.ts'
import { resourceChecks } from './resources.ts'
import { runChecks, usualLimits, type Limits } from './run.ts'
import { secretChecks } from './secrets.ts'
import { namedClusters, namedSources, readDeclared, type Declared } from './world.ts'

export interface Diagnosis {
  /** No check failed. */
  readonly healthy: boolean
  readonly findings: readonly Finding[]
}

/** Looks at a whole installation, or at what one cluster needs. Writes nothing. */
export async function doctor(
  ports: DoctorPorts,
  request: { readonly cluster?: string },
  limits: Limits = usualLimits,
): Promise<Diagnosis> {
  const declared = await readDeclared(ports.store)
  const findings = await runChecks(checksFor(ports, declared, request.cluster), ports, limits)
  return { healthy: findings.every(({ result }) => result !== 'failed'), findings }
}

function checksFor(ports: DoctorPorts, declared: Declared, only: string | undefined): readonly Check[] {
  const all = namedClusters(declared)
  const clusters = only === undefined ? all : all.filter(({ name }) => name === only)
  if (only !== undefined && clusters.length === 0) {
    const known = all.map(({ name }) => name).join(', ') || 'none'
    throw new Terminal(`there is no Cluster ${only}`, { fix: `declared are: ${known}` })
  }
  // One cluster: what it needs, and nothing about what is declared into it.
  const sources = only === undefined ? namedSources(declared) : []
  return [
    ...secretChecks(ports, sources, clusters),
    ...gitHubChecks(ports, sources),
    ...sourceChecks(ports, sources),
    ...repositoryChecks(ports, clusters),
    ...(only === undefined ? portalChecks(ports) : []),
    ...capabilityChecks(ports, clusters),
    ...natsChecks(ports, clusters),
    ...accountChecks(ports, clusters),
    ...clusterChecks(ports, clusters),
    ...(only === undefined ? resourceChecks(declared, ports.clock) : []),
  ]
}
