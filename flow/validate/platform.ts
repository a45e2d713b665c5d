import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import type { Problem } from '../../domain/records.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import { valueAt } from '../../manifests/schema.ts'
import { didYouMean } from '../../manifests/suggest.ts'
import type { Platform, ValidateOptions } from '../validate.ts'
import type { Candidate } from './candidate.ts'

type Declarer = ValidateOptions['source']

/** What is declared, and what these files declare: a workload may come together with its System. */
export function platformWith(platform: Platform, declared: readonly Candidate[], source: Declarer): Platform {
  if (source && !source.platform) return platform
  const systems = declared.filter(({ kind }) => kind === 'System').map(named) as NamedSystem[]
  const clusters = declared.filter(({ kind }) => kind === 'Cluster').map(named) as NamedCluster[]
  return { systems: overlaid(platform.systems, systems), clusters: overlaid(platform.clusters, clusters) }
}

/**
 * Who may declare what (P8), and whether a workload's system and environments exist. `system`: the workload's, when
 * it is there and open to the source; what it allows is nobody else's business.
 */
export function checkPlatform(
  candidate: Candidate,
  platform: Platform | undefined,
  source: Declarer,
): { readonly problems: Problem[]; readonly system?: NamedSystem } {
  if (candidate.kind === undefined) return { problems: [] }
  if (candidate.kind !== 'Workload') return { problems: checkPlatformKind(candidate, platform, source) }
  const wanted = candidate.value?.metadata?.system
  if (wanted === undefined || platform === undefined) return { problems: [] }
  const at = (message: string) => candidate.problem({ path: ['metadata', 'system'], about: 'value', message })
  const system = platform.systems.find(({ name }) => name === wanted)
  if (system === undefined) {
    const names = platform.systems.map(({ name }) => name)
    const help = didYouMean(wanted, names) || '; its platform team declares it'
    return { problems: at(`there is no System \`${wanted}\`${help}`) }
  }
  if (source && !system.spec.sources.includes(source.name)) {
    const message = `the source ${source.name} may not declare workloads of System ${system.name}; ask its owners to add it to \`spec.sources\``
    return { problems: at(message) }
  }
  const environments = Object.keys(valueAt(candidate.value, ['spec', 'environments']) ?? {})
  const problems = environments.flatMap((name) => checkEnvironment(candidate, name, system, platform.clusters))
  return { problems, system }
}

function checkEnvironment(
  candidate: Candidate,
  environment: string,
  { name, spec }: NamedSystem,
  clusters: readonly NamedCluster[],
): Problem[] {
  const at = (message: string) =>
    candidate.problem({ path: ['spec', 'environments', environment], about: 'key', message })
  if (!spec.environments.includes(environment)) {
    const help = didYouMean(environment, spec.environments) || `; it has ${spec.environments.join(', ')}`
    return at(`the System ${name} has no environment \`${environment}\`${help}`)
  }
  if (clusters.some((cluster) => cluster.spec.environment === environment)) return []
  return at(`no Cluster has the environment \`${environment}\` yet; its platform team declares it`)
}

function checkPlatformKind(candidate: Candidate, platform: Platform | undefined, source: Declarer): Problem[] {
  const { kind, name, value } = candidate
  if (source && !source.platform) {
    const message = `a ${kind} is declared in the platform repository, or with fairway apply; the source ${source.name} may declare workloads only`
    return candidate.problem({ path: ['kind'], about: 'value', message })
  }
  const { repository } = (value?.spec ?? {}) as Partial<ClusterSpec>
  if (kind !== 'Cluster' || platform === undefined || repository === undefined) return []
  const other = platform.clusters.find(({ name: its, spec }) => its !== name && isSame(spec.repository, repository))
  if (other === undefined) return []
  const message = `the Cluster ${other.name} has the same directory of the same repository; give each its own \`path\``
  return candidate.problem({ path: ['spec', 'repository'], about: 'key', message })
}

function isSame(a: ClusterSpec['repository'], b: ClusterSpec['repository']): boolean {
  return a.url === b.url && a.branch === b.branch && a.path === b.path
}

function named({ value }: Candidate): { name: string; spec: unknown } {
  const { metadata, spec } = value as { metadata: { name: string }; spec: unknown }
  return { name: metadata.name, spec }
}

/** By name; what is declared counts. */
export function overlaid<Named extends { readonly name: string }>(
  known: readonly Named[],
  declared: readonly Named[],
): Named[] {
  return [...new Map([...known, ...declared].map((one) => [one.name, one])).values()]
}
