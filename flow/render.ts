import type { NamedCluster, PlacementSubject, Renderer, TenancySubject, Waiting } from '../domain/capability.ts'
import { Terminal } from '../domain/errors.ts'
import type { OwnedTree } from '../domain/git.ts'
import { sentinelFile, systemFile, systemManifests, workloadApplication, workloadManifests } from '../domain/layout.ts'
import type { KubernetesObject, Manifest } from '../domain/manifest.ts'
import { workloadId } from '../domain/names.ts'
import type { EcrOutput, RenderInputs, TenancyOutput } from '../domain/outputs.ts'
import { isUnder, safeJoin } from '../domain/paths.ts'
import { emitAll } from '../manifests/write.ts'

/** Everything a workload has in one cluster's repository; pure. Without a spec the tree is empty: all of it goes. */
export function renderPlacement<Spec>(
  subject: PlacementSubject<Spec>,
  outputs: RenderInputs,
  renderers: readonly Renderer<PlacementSubject<Spec>, RenderInputs>[],
): OwnedTree {
  const paths = workloadPaths(subject.cluster, subject.system.name, subject.workload)
  const manifests = subject.spec === undefined ? [] : renderers.flatMap((each) => each.render(subject, outputs))
  return tree(workloadId(subject.system.name, subject.workload), subject.cluster, Object.values(paths), manifests)
}

/** Everything a system has in one cluster's repository, apart from its workloads; pure. */
export function renderSystem(
  subject: TenancySubject,
  output: TenancyOutput,
  renderers: readonly Renderer<TenancySubject, TenancyOutput>[],
): OwnedTree {
  const manifests = subject.retired ? [] : renderers.flatMap((each) => each.render(subject, output))
  return tree(subject.system.name, subject.cluster, systemPaths(subject.cluster, subject.system.name), manifests)
}

/** What a workload owns: a file and a directory. Removing the first makes Argo CD remove what the second describes. */
export function workloadPaths(
  cluster: NamedCluster,
  system: string,
  workload: string,
): { readonly application: string; readonly manifests: string } {
  return {
    application: inCluster(cluster, workloadApplication(system, workload)),
    manifests: inCluster(cluster, workloadManifests(system, workload)),
  }
}

export function systemPaths(cluster: NamedCluster, system: string): readonly string[] {
  return [systemFile(system), sentinelFile(system), systemManifests(system)].map((path) => inCluster(cluster, path))
}

/**
 * What keeps a placement from being deployed; empty: the workload object can be rendered. An image of its own is no
 * matter to a workload whose containers all name another one.
 */
export function missingInputs(
  subject: PlacementSubject<object>,
  outputs: { readonly ecr: EcrOutput },
  waiting: readonly Waiting[],
): readonly Waiting[] {
  const { environment } = subject.cluster.spec
  const here = waiting.filter((one) => one.environment === undefined || one.environment === environment)
  const others = here.filter(({ reason }) => reason !== 'AwaitingImage')
  if (!runsOwnImage(subject.spec)) return others
  if (outputs.ecr.images[environment] !== undefined) return others
  const image = here.find(({ reason }) => reason === 'AwaitingImage')
  const message = `no image in ${outputs.ecr.repositoryUri} for environment ${environment} yet`
  return [image ?? { reason: 'AwaitingImage', environment, message }, ...others]
}

function runsOwnImage(spec: object | undefined): boolean {
  const { containers = {} } = (spec ?? {}) as { containers?: Readonly<Record<string, { readonly image: string }>> }
  return Object.values(containers).some(({ image }) => image === '.')
}

function tree(
  owner: string,
  cluster: NamedCluster,
  paths: readonly string[],
  manifests: readonly Manifest[],
): OwnedTree {
  const objects = new Map<string, KubernetesObject[]>()
  for (const manifest of distinct(owner, manifests)) {
    const path = inCluster(cluster, manifest.path)
    if (!paths.some((owned) => isUnder(path, owned))) {
      throw new Terminal(`${owner} does not own ${path}, which was rendered for it`)
    }
    objects.set(path, [...(objects.get(path) ?? []), manifest.object])
  }
  const files = [...objects]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, all]) => [path, emitAll(all)] as const)
  return { owner, paths, files: new Map(files) }
}

/** Two renderers that make the same object would overwrite each other in the cluster, whatever their files. */
function distinct(owner: string, manifests: readonly Manifest[]): readonly Manifest[] {
  const seen = new Set<string>()
  for (const { object } of manifests) {
    const identity = [object.apiVersion, object.kind, object.metadata.namespace ?? '', object.metadata.name].join(' ')
    if (seen.has(identity)) throw new Terminal(`${owner}: ${identity} is rendered twice`)
    seen.add(identity)
  }
  return manifests
}

function inCluster({ spec }: NamedCluster, path: string): string {
  return safeJoin(spec.repository.path, path)
}
