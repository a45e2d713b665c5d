import type { CallCounts } from '../../../local/aws/core/types.ts'
import { everything, fleetWorld, one } from '../../support/fleetworld.ts'
import { measuring } from '../../support/usage.ts'
import type { Figure, Section } from '../figures.ts'

/** The same look at the same workload again: nothing differs. */
export const noop: Section = async () => {
  const world = await fleetWorld(everything)
  await world.reconcile(one)
  const { aws, portal, provider, host } = world
  const measure = measuring(world)
  aws.calls.reset()
  world.written()
  const before = { portal: portal.writes, head: world.head('cluster-dev'), ...provider.counts }
  let looks = 0
  host.intercept = ({ kind }) => {
    if (kind === 'look') looks += 1
    return Promise.resolve(undefined)
  }
  const { readUnits, writeUnits } = await measure(() => world.reconcile(one))
  const calls: (readonly [string, CallCounts])[] = [
    ...Object.entries(aws.calls.snapshot()),
    // How many servers there are, and what they have.
    ['nats', { reads: 2 * (provider.counts.reads - before.reads), writes: provider.counts.pushes - before.pushes }],
    ['git', { reads: looks, writes: world.head('cluster-dev') === before.head ? 0 : 1 }],
    ['portal', { reads: 0, writes: portal.writes - before.portal }],
  ]
  const asked = calls.filter(([, { reads, writes }]) => reads + writes > 0)
  const sum = (of: keyof CallCounts) => calls.reduce((total, [, counts]) => total + counts[of], 0)
  const how = 'role with association, NATS, one generated secret, one cluster; connections open, the clone warm'
  const figures: Omit<Figure, 'section'>[] = [
    { figure: 'remote reads', value: sum('reads'), unit: 'calls', how: `DynamoDB apart; ${how}`, bound: { most: 16 } },
    { figure: 'remote writes', value: sum('writes'), unit: 'calls', how: 'of every service', bound: { most: 0 } },
    ...asked.map(([service, { reads }]) => ({ figure: `of these ${service}`, value: reads, unit: 'reads', how: '' })),
    {
      figure: 'records written',
      value: world.written().length,
      unit: 'writes',
      how: 'to DynamoDB: the lease is taken, and let go',
    },
    { figure: 'read units of DynamoDB', value: readUnits, unit: 'units', how: 'of 4 KB, consistent' },
    { figure: 'write units of DynamoDB', value: writeUnits, unit: 'units', how: 'of 1 KB, those of indexes too' },
  ]
  return figures
}
