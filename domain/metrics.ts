import type { CredentialEvent } from './capability.ts'
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

/** Written by the stage `sweep` while something waits because its System or the fleet is paused: how many. */
export const pausedMetrics = { systems: 'paused.systems', workloads: 'paused.workloads' } as const

/** Written by the stage `sweep`: of the fleet, not of each credential, because a series costs by the month. */
export const renewalMetrics = {
  /** Credentials that are to be renewed by now, and are not yet. */
  due: 'renewal.due',
  /** Of the time between its renewal and its end, per cent that is left to the one of these with least of it. */
  timeLeft: 'renewal.timeLeft',
  /** Days to the end of the credential in use that ends first, due or not; neither is written when there is none. */
  nearestExpiry: 'renewal.nearestExpiry',
} as const

/** Written by the stages `nats` and `secrets`, where it happens. */
export const credentialMetrics = {
  /** By `reason`. */
  of: (what: CredentialEvent['what']) => `credential.${what}`,
  /** Begun although pods start with one, nobody asked, and no time had come. */
  unasked: 'credential.unasked',
} as const

/** Why a generation was minted: a dimension besides those that every metric has. */
export const reasonDimension = 'reason'

/** Written by the stage `sweep`, and only where there is something to say. */
export const startMetrics = {
  /** Resources that are due, and left for the next run. */
  waiting: 'start.waiting',
  /** Percent of full pace, of the slowest account, for a service of AWS that throttles: `iam`. */
  pace: (service: string) => `pace.${service}`,
} as const

/** Calls that a service of AWS throttled, beyond what its client tried again. */
export const throttledMetric = (service: string) => `throttled.${service}`

/** Written by the stage `nats`: a push of an account that has outgrown the warning threshold (capabilities/nats/size.ts). */
export const largeAccountMetric = 'nats.account.large'

/**
 * A renewal is late with less of its time left, in per cent: three days of the usual week, ten hours of a day. It takes
 * minutes. A number of days would be late from the start where `renewBefore` or the whole life is shorter.
 */
export const lateRenewalPercent = 43

/** In an hour. Usual are none: the first of a workload is not one, and what is lost is a version, by somebody's hand. */
export const tooManyUnasked = 3

/** Written by the stages `fleet` and `branches`, by each look at a part of the fleet, and all as of `fleet`. */
export const fleetMetrics = {
  ended: 'fleet.ended',
  seconds: 'fleet.seconds',
  /** Placements, or in the registry workloads; and those that were left out: paused, at work, just changed. */
  compared: 'fleet.compared',
  skipped: 'fleet.skipped',
  /** Capabilities that could not be looked at, as a whole or for some resource. */
  failed: 'fleet.failed',
  /** What differs, all kinds but `due` together, and each kind that there is. */
  found: 'fleet.found',
  ofKind: (kind: string) => `fleet.found.${kind}`,
  /** Seconds since which something is there that a reconcile was asked to put right; 0 when there is nothing. */
  oldest: 'fleet.oldest',
  /** Looks whose removals the brake holds. */
  braked: 'fleet.braked',
} as const
