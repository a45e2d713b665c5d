import { readFileSync } from 'node:fs'
import type { NamedCluster } from '../../domain/capability.ts'
import type { OwnedTree } from '../../domain/git.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import { compareManifests, type ManifestPorts } from '../../flow/fleet/manifests.ts'
import { blobId } from '../../git/blob.ts'
import { specs } from '../../lambdas/runtime/core.ts'
import { rendering } from '../../lambdas/runtime/rendering.ts'
import { manifest } from './controlplane.ts'
import { hosted, memoryWorld, type MemoryWorld } from './memoryworld.ts'

/** The example platform with workloads of every type, those that wait for an image among them, as reconciles left it. */
export async function manifestWorld() {
  const world = await memoryWorld()
  const example = new URL('../../examples/sources/policy-admin-services/fairway.yaml', import.meta.url)
  await world.push(hosted.source, { 'fairway.yaml': readFileSync(example, 'utf8') })
  const job = manifest('nightly', ['schedule: { cron: "0 3 * * *" }', 'secrets: { key: { keys: [token] } }'])
  await world.push('claims-services', {
    '.fairway/one.yaml': manifest('one', [
      'nats: { publish: [claims.opened] }',
      'secrets: { session: { generate: { length: 24 } } }',
      'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
    ]),
    '.fairway/two.yaml': manifest('two'),
    '.fairway/nightly.yaml': job.replace('type: worker', 'type: cronjob'),
  })
  for (const name of ['policy-admin/policies', 'claims/one', 'claims/nightly']) await world.image(name)
  return { world, ...(await read(world)) }
}

/** What a look reads, and what it compares that with. */
export async function read(world: MemoryWorld) {
  const [workloads, systems, clusters] = await Promise.all([
    world.store.list('Workload'),
    world.store.list('System'),
    world.store.list('Cluster'),
  ])
  const named = clusters.map(({ name, spec }) => ({ name, spec: spec as ClusterSpec }))
  const rendered: OwnedTree[] = []
  const noted = (tree: OwnedTree) => {
    rendered.push(tree)
    return tree
  }
  const ports: ManifestPorts = {
    specs,
    installation: world.core.installation,
    render: (...given) => noted(rendering.render(...given)),
    renderSystem: (...given) => noted(rendering.renderSystem(...given)),
    blobId,
  }
  return { workloads, systems, clusters: named, ports, rendered }
}

export interface Seen {
  readonly workloads: readonly WorkloadRecord[]
  readonly systems: readonly SystemRecord[]
  readonly clusters: readonly NamedCluster[]
  readonly ports: ManifestPorts
}

/** Everything that one look at the branch of these clusters finds. */
export function findingsOn(seen: Seen, branch: ReadonlyMap<string, string>) {
  const comparison = compareManifests(seen.ports, seen, branch)
  return [
    ...seen.systems.flatMap((record) => comparison.system(record)),
    ...seen.workloads.flatMap((record) => comparison.workload(record)),
    ...comparison.rest(),
  ]
}
