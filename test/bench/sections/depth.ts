import { systemClock } from '../../../domain/effects.ts'
import { depthOfChange, type Depth } from '../../support/depth.ts'
import { rounded, type Section } from '../figures.ts'

/** Milliseconds of one remote call. */
const latency = 20

/** Says in full where the round trips are, on stderr. */
export const depth: Section = async ({ progress }) => {
  const [all, apart] = [await depthOfChange(), await depthOfChange({ apart: ['table'] })]
  for (const [what, one] of [
    ['with DynamoDB', all],
    ['DynamoDB apart', apart],
  ] as const)
    progress(`${what}, ${one.trips} in sequence: ${one.path.map(stepOf).join(', ')}`)
  const real = { clock: { ...systemClock, advance: () => undefined }, unit: latency }
  const how = `the wall clock, ${latency} ms for each round trip of the real clock, processor time included`
  return [
    {
      figure: 'round trips, webhook to pushed commit, DynamoDB apart',
      value: apart.trips,
      unit: 'in sequence',
      how: 'virtual time of the in-memory world; a push that changes a healthy workload with role, NATS and a secret',
      bound: { most: 14 },
    },
    { figure: 'the same with DynamoDB', value: all.trips, unit: 'in sequence', how: 'a query of an index is two' },
    { figure: 'latency, DynamoDB at 0 ms', value: await took({ ...real, apart: ['table'] }), unit: 'ms', how },
    { figure: 'latency, DynamoDB at 20 ms too', value: await took(real), unit: 'ms', how },
  ]
}

async function took(options: Parameters<typeof depthOfChange>[0]): Promise<number> {
  const { path } = await depthOfChange(options)
  return rounded((path.at(-1)?.to ?? NaN) - 0)
}

function stepOf({ service, operation, from, to }: Depth['path'][number]): string {
  return `${service}.${operation}${to - from > 1 ? ` (${to - from})` : ''}`
}
