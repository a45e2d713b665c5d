import type { Phase } from './records.ts'

/** Names of the metrics that others rely on: functions write them, alarms and the dashboard read them. */

export const metricNamespace = 'Fairway'

/** Dimensions that every metric has. */
export const metricDimensions = { installation: 'installation', service: 'service' } as const

/** Phases in which a resource is not ready and still there. */
export const unreadyPhases = [
  'Pending',
  'AwaitingImage',
  'AwaitingSecret',
  'Failed',
  'Retiring',
] as const satisfies Phase[]
export type UnreadyPhase = (typeof unreadyPhases)[number]

/** Written by the stage `sweep`. */
export const unreadyMetrics = {
  /** Seconds since which Fairway owes something to the resource that it has owed the longest; 0 when nothing is owed. */
  oldest: 'unready.oldest',
  /** Workloads and Systems in a phase. */
  inPhase: (phase: UnreadyPhase) => `unready.${phase}`,
} as const

/** Written by the stage `sweep`. */
export const renewalMetrics = {
  /** Credentials that are to be renewed by now, and are not yet. */
  due: 'renewal.due',
  /** Days to the end of the one of these that ends first; not written when there is none. */
  nearestExpiry: 'renewal.nearestExpiry',
} as const

/** Written by the stage `nats`: a push of an account that has outgrown the warning threshold (capabilities/nats/size.ts). */
export const largeAccountMetric = 'nats.account.large'

/**
 * A renewal is late with fewer days left than these. It begins a week before the end, or after two thirds of a life
 * that is shorter than three weeks (capabilities/nats/credential.ts), and takes minutes.
 */
export const lateRenewalDays = 3
