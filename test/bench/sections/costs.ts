import { countUsage, readCosts, type Costs } from '../../support/counts.ts'
import type { Usage } from '../../support/usage.ts'
import { buildFleet } from '../fleet/build.ts'
import { shapeOf, type Shape } from '../fleet/shape.ts'
import { sweep } from '../fleet/sweep.ts'
import { benchWorld } from '../fleet/world.ts'
import { rounded, type Figure, type Section } from '../figures.ts'

type Figures = Omit<Figure, 'section'>[]

/** What a month is taken to be like; docs/bench.md says it too. */
const month = { days: 30, pushes: 8, images: 8, sweepsAnHour: 1, workloadsOfASource: 20 }
/** Half of the workloads have NATS credentials, and all of them another secret. */
const entries = 1.5
/** Not measured on AWS: seconds and GB of a call, and of a look at 10,000 workloads. */
const time = { call: 0.3 * 0.5, lookPerWorkload: (30 * 1) / 10_000 }
/** Metrics that have a value in every hour: docs/costs.md. */
const alwaysWritten = 14
/** Lambda asks an idle queue as often as five long polls of 20 seconds allow. */
const pollsAMonth = (5 * month.days * 86_400) / 20

export const costs: Section = async ({ sizes, progress }) => {
  const counted = await countUsage()
  const perRecord = await unitsOfARecord(progress)
  const transitions = [...counted].map(([what, usage]) => ({
    figure: `transitions: ${what}`,
    value: usage.transitions,
    unit: 'transitions',
    how: 'states that are entered, and one for each execution; as docs/costs.json has them',
  }))
  const changing = counted.get('its first image is pushed') as Usage
  return [
    {
      figure: 'transitions of a changing reconcile',
      value: changing.transitions,
      unit: 'transitions',
      how: 'of reconcile-workload, one cluster; a push adds the seven of reconcile-source',
      bound: { most: 25 },
    },
    ...transitions,
    ...sizes.flatMap((size) => monthOf(shapeOf(size), readCosts(), counted, perRecord)),
  ]
}

/** Of one look, for each workload that is on record. */
async function unitsOfARecord(progress: (text: string) => void): Promise<number> {
  const world = await benchWorld(shapeOf(400))
  await buildFleet(world, progress)
  const { table, looks } = await sweep(world, () => undefined)
  return table.readUnits / looks.length / 400
}

function monthOf(
  shape: Shape,
  { prices, standing }: Costs,
  counted: ReadonlyMap<string, Usage>,
  perRecord: number,
): Figures {
  const { workloads, systems, clusters } = shape
  const price = (what: string) => {
    const { dollars, per } = prices[what] as Costs['prices'][string]
    return per.startsWith('million') ? dollars / 1e6 : dollars
  }
  const of = (what: string, times: number) => times * dollarsOf(counted.get(what) as Usage, price)
  const hours = month.days * 24
  const looks = 1 + 2 * clusters.length
  const look = {
    ...(counted.get('the fleet is looked at, a part of it') as Usage),
    readUnits: perRecord * workloads,
  }
  const pairs = systems.length * 4
  const parts = {
    'entries of workloads in Secrets Manager': workloads * entries * price('secret'),
    'signing keys of NATS accounts in Secrets Manager': pairs * price('secret'),
    'changes and images':
      of('a push changes it', workloads * month.pushes) + of('its first image is pushed', workloads * month.images),
    'looks at the fleet':
      hours *
      month.sweepsAnHour *
      looks *
      (dollarsOf(look, price) + (workloads * time.lookPerWorkload - time.call) * price('function time, arm64')),
    'what is due, and what is not ready':
      of('the sweep runs (due), and nothing is due', hours * 60) +
      of('the sweep runs (unready), and nothing is due', hours * 12),
    'heads of sources':
      of('the heads of sources are looked at, and none has moved', hours * 6) +
      hours * 6 * (workloads / month.workloadsOfASource) * price('read unit'),
    standing:
      // One of them is on two metrics.
      ((standing['alarms'] ?? 0) + 1) * price('alarm') +
      (standing['dashboards'] ?? 0) * price('dashboard') +
      (standing['keys'] ?? 0) * price('key') +
      (standing['secrets'] ?? 0) * price('secret') +
      alwaysWritten * price('metric') +
      pollsAMonth * price('queue request'),
  }
  const size = workloads.toLocaleString('en')
  const sum = Object.values(parts).reduce((total, part) => total + part, 0)
  const secrets =
    parts['entries of workloads in Secrets Manager'] + parts['signing keys of NATS accounts in Secrets Manager']
  return [
    ...Object.entries(parts).map(([part, dollars]) => ({
      figure: `${size} workloads a month: ${part}`,
      value: rounded(dollars, 2),
      unit: 'dollars',
      how: '',
    })),
    {
      figure: `${size} workloads a month: all`,
      value: rounded(sum, 2),
      unit: 'dollars',
      how: `${month.pushes} pushes and ${month.images} images a workload, ${month.sweepsAnHour} sweep an hour, ${entries} entries; prices of docs/costs.json`,
    },
    {
      figure: `${size} workloads a month: all but secrets, for each`,
      value: rounded((sum - secrets) / workloads, 4),
      unit: 'dollars',
      how: 'Secrets Manager would have to be paid anyway',
    },
  ]
}

function dollarsOf(usage: Usage, price: (what: string) => number): number {
  return (
    usage.transitions * price('state transition') +
    usage.invocations * (price('function call') + time.call * price('function time, arm64')) +
    usage.readUnits * price('read unit') +
    usage.writeUnits * price('write unit') +
    usage.events * price('own event') +
    usage.handovers * (price('object written') + price('object read') + 3 * price('queue request'))
  )
}
