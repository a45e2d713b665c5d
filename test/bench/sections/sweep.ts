import { rounded, type Bench, type Figure, type Section } from '../figures.ts'
import { buildFleet } from '../fleet/build.ts'
import { drift } from '../fleet/drift.ts'
import { shapeOf } from '../fleet/shape.ts'
import { sweep as sweepOnce, type Look, type Swept } from '../fleet/sweep.ts'
import { benchWorld, type BenchWorld } from '../fleet/world.ts'
import { aliveSampler, usedSampler } from '../memory.ts'

type Figures = Omit<Figure, 'section'>[]

/** Samples of one look: with gigabytes of a fleet beside it, to collect garbage takes seconds. */
const samples = 15
/** Above so many, only one look of each kind is looked into for its memory, and nothing drifts. */
const large = 20_000

export const sweep: Section = async (bench) => {
  const figures: Figures = []
  const reads = new Map<number, number>()
  for (const size of bench.sizes) {
    const { swept, ...measured } = await ofSize(size, bench)
    figures.push(...measured.figures)
    reads.set(size, readsOf(swept))
  }
  let before: readonly [size: number, calls: number] | undefined
  for (const [size, calls] of reads) {
    if (before) {
      const [smaller, fewer] = before
      figures.push({
        figure: `${shown(size)}: calls, relative to ${shown(smaller)}`,
        value: rounded(calls / fewer, 2),
        unit: `times, for ${rounded(size / smaller, 2)} times the workloads`,
        how: 'not more than workloads grow: pages are the fuller, the more there are',
        bound: { most: size / smaller },
      })
    }
    before = [size, calls]
  }
  return figures
}

async function ofSize(size: number, bench: Bench): Promise<{ readonly figures: Figures; readonly swept: Swept }> {
  const began = performance.now()
  const shape = shapeOf(size)
  const world = await benchWorld(shape)
  await buildFleet(world, (text) => bench.progress(`${shown(size)}: made ${text}`))
  bench.progress(`${shown(size)}: made in ${seconds(began)} s`)
  const swept = await sweepOnce(world, () => usedSampler())
  bench.progress(`${shown(size)}: swept in ${rounded(swept.wallSeconds, 1)} s`)
  const alive = await aliveIn(world, size, swept)
  mustBeHealthy(swept)
  const fleet = `${shape.systems.length} systems, ${shape.clusters.length} clusters in as many accounts, half with NATS`
  const figures = figuresOf(size, swept, alive, `${fleet}; each one placement, one role, one other secret`)
  if (size <= large) figures.push(...(await drifted(world, size)))
  return { figures, swept }
}

/** The same looks again: nothing has changed, and they make the same calls. */
async function aliveIn(world: BenchWorld, size: number, { looks }: Swept): Promise<readonly Look[]> {
  const heard = new Map(looks.map((look) => [look.shard, look.heard]))
  const kinds = new Set<string>()
  const isFirst = (shard: string) => {
    const kind = shard.slice(0, shard.indexOf('/'))
    return !kinds.has(kind) && kinds.add(kind) !== undefined
  }
  const again = await sweepOnce(
    world,
    (shard) => aliveSampler(Math.max(1, Math.floor((heard.get(shard) ?? 0) / samples))),
    size > large ? isFirst : undefined,
  )
  return again.looks
}

function figuresOf(size: number, swept: Swept, alive: readonly Look[], fleet: string): Figures {
  const of = (figure: string) => `${shown(size)}: ${figure}`
  const { table } = swept
  const services = Object.entries(swept.calls).filter(([, { reads, writes }]) => reads + writes > 0)
  const others = table.written.filter((key) => !key.startsWith('Shard/'))
  const records = Object.entries(table.items).filter(([, count]) => count > 0)
  const ten = size === 10_000
  return [
    {
      figure: of('remote calls'),
      value: readsOf(swept),
      unit: 'calls',
      how: `DynamoDB apart, deep sample included; ${swept.looks.length} looks; ${fleet}`,
      ...(ten ? { bound: { most: 800 } } : {}),
    },
    ...services.map(([service, { reads }]) => ({
      figure: of(`of these ${service}`),
      value: reads,
      unit: 'calls',
      how: '',
    })),
    {
      figure: of('writes'),
      value: services.reduce((sum, [, { writes }]) => sum + writes, 0) + others.length,
      unit: 'writes',
      how: `remote ones, and records but for each look's own lease and report (${table.written.length - others.length})`,
      bound: { most: 0 },
    },
    {
      figure: of('executions and calls started'),
      value: swept.started.length,
      unit: '',
      how: 'by rules, for all events of the sweep, the looks themselves apart',
      bound: { most: 0 },
    },
    {
      figure: of('placements compared'),
      value: swept.reports.reduce((sum, { compared }) => sum + compared, 0),
      unit: '',
      how: 'in all looks, those of Systems too; none was skipped, none failed, nothing was found',
    },
    {
      figure: of('calls of DynamoDB'),
      value: table.calls,
      unit: 'calls',
      how: 'a page of an index is a query and a batch',
    },
    {
      figure: of('records read'),
      value: records.reduce((sum, [, count]) => sum + count, 0),
      unit: 'records',
      how: records.map(([kind, count]) => `${kind} ${shown(count)}`).join(', '),
    },
    { figure: of('read units'), value: rounded(table.readUnits), unit: 'units', how: 'of 4 KB, consistent' },
    {
      figure: of('wall time'),
      value: rounded(swept.wallSeconds, 1),
      unit: 'seconds',
      how: 'one look after another, no latency',
    },
    { figure: of('processor time'), value: rounded(swept.cpuSeconds, 1), unit: 'seconds', how: 'the twins included' },
    {
      figure: of('longest look'),
      value: rounded(Math.max(...swept.looks.map(({ wallSeconds }) => wallSeconds)), 1),
      unit: 'seconds',
      how: 'of the wall time; the function may take 600',
    },
    ...memoryOf(size, swept, alive),
  ]
}

function memoryOf(size: number, swept: Swept, alive: readonly Look[]): Figures {
  const most = (looks: readonly Look[]) => rounded(Math.max(...looks.map(({ peak }) => peak)) / 1e6)
  return [
    {
      figure: `${shown(size)}: peak memory, alive`,
      value: most(alive),
      unit: 'MB',
      how: `of the look that needs most; ${samples} times during each of ${alive.length} looks, after collecting garbage, above what was alive before it`,
      ...(size === 10_000 ? { bound: { most: 512 } } : {}),
    },
    {
      figure: `${shown(size)}: peak memory, garbage included`,
      value: most(swept.looks),
      unit: 'MB',
      how: 'the same at every call, without collecting: as Node happens to leave it beside a large heap',
    },
  ]
}

/** One in a hundred. */
async function drifted(world: BenchWorld, size: number): Promise<Figures> {
  const changed = await drift(world)
  const swept = await sweepOnce(world, () => undefined)
  const found = swept.reports.reduce((sum, { findings }) => sum + findings.length, 0)
  const woken = new Set(swept.table.written.filter((key) => key.startsWith('Workload/')))
  world.clock.advance(60_000)
  world.started.splice(0)
  await world.call('SweepFunction', { operation: 'due' })
  await new Promise((resolve) => setImmediate(resolve))
  const of = (figure: string) => `${shown(size)}, 1 % drifted: ${figure}`
  return [
    {
      figure: of('findings'),
      value: found,
      unit: '',
      how: `of ${changed} changes by hand`,
      bound: { least: changed, most: changed },
    },
    {
      figure: of('repairs due'),
      value: woken.size,
      unit: 'workloads',
      how: 'records that were written, and nothing else',
      bound: { least: changed, most: changed },
    },
    { figure: of('remote calls'), value: readsOf(swept), unit: 'calls', how: 'DynamoDB apart' },
    {
      figure: of('started by the next sweep'),
      value: world.started.filter(({ what }) => what === 'reconcile-workload').length,
      unit: 'executions',
      how: 'through the bounded queue; the others follow as these end',
    },
  ]
}

function mustBeHealthy({ reports }: Swept): void {
  for (const { shard, findings, failed, skipped } of reports) {
    const some = Object.values(skipped).some((count) => count > 0)
    if (findings.length + failed.length > 0 || some) {
      throw new Error(
        `the fleet of the bench is not healthy: ${JSON.stringify([shard, findings[0], failed[0], skipped])}`,
      )
    }
  }
}

function readsOf({ calls }: Swept): number {
  return Object.values(calls).reduce((sum, { reads, writes }) => sum + reads + writes, 0)
}

function shown(count: number): string {
  return count.toLocaleString('en')
}

function seconds(began: number): number {
  return rounded((performance.now() - began) / 1000)
}
