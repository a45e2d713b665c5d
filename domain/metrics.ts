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
