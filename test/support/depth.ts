import { createHmac } from 'node:crypto'
import type { TestClock } from '../../local/aws/fixture.ts'
import { manifest } from './controlplane.ts'
import { memoryWorld, webhookSecret, type MemoryWorld, type PortName } from './memoryworld.ts'
import { criticalPath, roundTrips, type RoundTrips, type Trip } from './roundtrips.ts'
import { virtualClock } from './virtualclock.ts'

/** What a push that changes a healthy workload takes from its webhook to the commit in the cluster repository. */
export interface Depth {
  /** Units of time: round trips in sequence. */
  readonly trips: number
  /** From the first to the commit, since the webhook. */
  readonly path: readonly Trip[]
}

export interface DepthOptions {
  /** Ports whose calls take no time. */
  readonly apart?: readonly PortName[]
  /** A virtual one when absent. */
  readonly clock?: TestClock
  /** Milliseconds of one round trip. */
  readonly unit?: number
}

const source = 'claims-services'
const lines = [
  'nats: { publish: [claims.opened] }',
  'secrets: { session: { generate: { length: 24 } } }',
  'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
]

/**
 * What Fairway's functions call is counted, one after another or at once as it happens; not what brings events and
 * tokens to functions. Connections are open, clones are there.
 */
export async function depthOfChange({
  apart = [],
  clock = virtualClock(),
  unit = 1,
}: DepthOptions = {}): Promise<Depth> {
  const trips = roundTrips(clock, unit)
  const world = await listenedTo(clock, trips, new Set(apart))
  await world.push(source, { 'fairway.yaml': manifest('one', lines) })
  await world.image('claims/one')
  await world.settle()
  clock.advance(60 * 60_000)
  const url = 'https://git.example/claims/claims-services.git'
  const changed = manifest('one', [...lines, 'scaling: { min: 3, max: 5 }'])
  const head = world.host.repository(url).write('main', { 'fairway.yaml': changed }, 'change')
  trips.reset()
  const began = clock.now()
  const status = await deliver(world, head)
  if (status !== 202) throw new Error(`the webhook was answered with ${status}`)
  await world.quiet()
  const commit = trips.trips.findLast(({ operation }) => operation === 'commitGroup')
  if (commit === undefined) throw new Error('nothing was committed')
  const path = criticalPath(trips.trips, commit)
  return {
    trips: (commit.to - began) / unit,
    path: path.map((trip) => ({ ...trip, from: trip.from - began, to: trip.to - began })),
  }
}

function listenedTo(clock: TestClock, trips: RoundTrips, apart: ReadonlySet<PortName>): Promise<MemoryWorld> {
  const between = <Port extends object>(name: PortName, port: Port): Port =>
    name === 'aws'
      ? trips.overClients(port)
      : trips.over(name, port, (operation) => (apart.has(name) ? 0 : tripsOf(name, operation)))
  return memoryWorld({ clock, between })
}

function tripsOf(name: PortName, operation: string): number {
  switch (name) {
    case 'table':
      // The index has keys only: store/dynamodbindexes.ts.
      return operation === 'ofKind' || operation === 'due' ? 2 : 1
    case 'nats':
      // Both questions at once, on a connection that is open: looking.ts.
      return operation === 'admits' ? 3 : operation === 'close' ? 0 : operation === 'read' ? 1 : 2
    case 'repositories':
    case 'sources':
      // Refs, and then what is new or the push: git/write.ts and git/read.ts. Who lists has to fetch what was committed
      // since by another function.
      return 2
    default:
      return 1
  }
}

async function deliver(world: MemoryWorld, commit: string): Promise<number> {
  const body = JSON.stringify({ repository: source, ref: 'refs/heads/main', before: '0'.repeat(40), after: commit })
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex')
  const path = `/webhooks/git/${source}`
  const answer = await world.functions['IntakeFunction']?.({
    version: '2.0',
    rawPath: path,
    headers: { 'x-fairway-signature-256': `sha256=${signature}`, 'x-fairway-delivery': 'delivery-1' },
    requestContext: { http: { method: 'POST', path }, stage: '$default' },
    body,
    isBase64Encoded: false,
  })
  return (answer as { readonly statusCode: number }).statusCode
}
