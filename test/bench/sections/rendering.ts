import type { PlacementSubject } from '../../../domain/capability.ts'
import type { OwnedTree } from '../../../domain/git.ts'
import type { PlacementOutputs } from '../../../domain/outputs.ts'
import { placementOutputs } from '../../../flow/placements.ts'
import { namedClusters, placementSubject, readPlatform } from '../../../flow/world.ts'
import { specs } from '../../../lambdas/runtime/core.ts'
import { rendering as renderers } from '../../../lambdas/runtime/rendering.ts'
import { buildFleet } from '../fleet/build.ts'
import { shapeOf } from '../fleet/shape.ts'
import { benchWorld, type BenchWorld } from '../fleet/world.ts'
import { median, rounded, type Section } from '../figures.ts'

interface Rendered {
  readonly subject: PlacementSubject<object>
  readonly outputs: PlacementOutputs
}

/** As many as there are different ones; they are rendered again and again. */
const different = 280
const rounds = 40

export const rendering: Section = async ({ progress }) => {
  const world = await benchWorld(shapeOf(different))
  await buildFleet(world, progress)
  const all = await placementsOf(world)
  const trees = all.map(render)
  // The first ones compile.
  for (let round = 0; round < 5; round++) all.forEach(render)
  const perSecond = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    all.forEach(render)
    const { user, system } = process.cpuUsage(before)
    return (all.length * 1e6) / (user + system)
  })
  const sum = (of: (tree: OwnedTree) => number) => trees.reduce((total, tree) => total + of(tree), 0) / trees.length
  const bytes = sum(({ files }) => [...files.values()].reduce((total, text) => total + Buffer.byteLength(text), 0))
  return [
    {
      figure: 'workloads rendered',
      value: rounded(median(perSecond)),
      unit: 'per second',
      how: `one core: processor time of all threads; all files of a placement as YAML text; median of ${rounds} rounds of ${all.length}`,
      bound: { least: 1000 },
    },
    { figure: 'size of one', value: rounded(bytes), unit: 'bytes', how: 'mean of the fleet of the sweep' },
    {
      figure: 'files of one',
      value: rounded(
        sum(({ files }) => files.size),
        1,
      ),
      unit: 'files',
      how: 'the same',
    },
  ]
}

function render({ subject, outputs }: Rendered): OwnedTree {
  return renderers.render(subject, outputs, true)
}

async function placementsOf({ core: { store, installation }, shape }: BenchWorld): Promise<readonly Rendered[]> {
  const [records, clusters] = await Promise.all([store.list('Workload'), namedClusters(store)])
  const systems = new Map(
    await Promise.all(shape.systems.map(async (name) => [name, (await readPlatform(store, name)).system] as const)),
  )
  return records.flatMap((record) => {
    const system = systems.get(record.system)
    const cluster = Object.keys(record.status.placements)[0]
    const outputs = placementOutputs((name) => record.status.outputs[name === 'ecr' ? name : `${name}/${cluster}`])
    if (system === undefined || cluster === undefined || outputs === undefined) return []
    return [{ subject: placementSubject({ installation, record, system, clusters }, specs, cluster), outputs }]
  })
}
