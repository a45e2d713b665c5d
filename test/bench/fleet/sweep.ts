import type { CallCounts } from '../../../local/aws/core/types.ts'
import { createStateMachines } from '../../../local/stepfunctions.ts'
import { createFleet } from '../../../store/fleet.ts'
import type { RecordedReport } from '../../../domain/fleet.ts'
import type { Sampler } from '../memory.ts'
import type { TableCounts } from './counting.ts'
import type { BenchWorld } from './world.ts'

/** One sweep: the schedule's function, and a look at each part, one after another. */
export interface Swept {
  readonly looks: readonly Look[]
  /** By service, DynamoDB apart. */
  readonly calls: Readonly<Record<string, CallCounts>>
  readonly table: TableCounts
  /** Executions and calls, the looks apart. */
  readonly started: readonly string[]
  readonly reports: readonly RecordedReport[]
  readonly wallSeconds: number
  readonly cpuSeconds: number
}

export interface Look {
  readonly shard: string
  readonly wallSeconds: number
  /** Calls of ports that it made. */
  readonly heard: number
  /** Bytes, of the sampler that was asked for. */
  readonly peak: number
}

/** `samplerFor` a look: each has a function of its own, as it has in AWS. */
export async function sweep(
  world: BenchWorld,
  samplerFor: (shard: string) => Sampler | undefined,
  isWanted: (shard: string) => boolean = () => true,
): Promise<Swept> {
  const { aws, provider, counted, git, started } = world
  aws.calls.reset()
  git.requests = 0
  started.splice(0)
  const before = { ...provider.counts }
  counted.start()
  const cpu = process.cpuUsage()
  const began = performance.now()
  await world.call('SweepFunction', { operation: 'fleet' })
  await new Promise((resolve) => setImmediate(resolve))
  const due = started.splice(0).filter(({ what }) => what === 'reconcile-fleet')
  const looks: Look[] = []
  for (const { input } of due as { input: { shard: string } }[]) {
    if (isWanted(input.shard)) looks.push(await look(world, input, samplerFor(input.shard)))
  }
  await new Promise((resolve) => setImmediate(resolve))
  const { user, system } = process.cpuUsage(cpu)
  const wallSeconds = (performance.now() - began) / 1000
  const table = counted.stop()
  return {
    looks,
    calls: {
      ...aws.calls.snapshot(),
      nats: { reads: provider.counts.reads - before.reads, writes: provider.counts.pushes - before.pushes },
      git: { reads: git.requests, writes: 0 },
    },
    table,
    started: started.map(({ what }) => what),
    reports: await createFleet(world.core.table, world.core).reports(),
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
  }
}

/** By the deployed state machine, which knows whose look it is. */
async function look(world: BenchWorld, input: { shard: string }, sampler: Sampler | undefined): Promise<Look> {
  const machines = createStateMachines({ functions: world.functions, concurrency: 1, retryPause: 0 })
  let heard = 0
  world.heard = () => {
    heard += 1
    sampler?.sample()
  }
  const began = performance.now()
  const ended = await machines.start('reconcile-fleet', input, 'bench').result
  world.heard = undefined
  if (!ended.ok) throw ended.error
  const { result } = ended.output as { readonly result: string }
  if (result !== 'ended') throw new Error(`the look at ${input.shard} is ${result}`)
  return { shard: input.shard, wallSeconds: (performance.now() - began) / 1000, heard, peak: sampler?.peak() ?? 0 }
}
