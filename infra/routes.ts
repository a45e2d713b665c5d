import type { Stage } from './stages.ts'

/** Webhooks, all of them POST. `flow/intake` decides the same list: a test holds the two together. */
export const intakeRoutes: readonly string[] = [
  '/webhooks/github',
  '/webhooks/git/{source}',
  '/webhooks/port',
  '/webhooks/argocd/{cluster}',
]

/**
 * The operations, each with the stage whose function carries it out, and each `POST /operations/{operation}`: a route of
 * its own, so that IAM allows one and not another. `flow/operations` knows the same: a test holds the two together.
 */
export const operations = {
  apply: 'operate',
  status: 'operate',
  reconcile: 'operate',
  retire: 'operate',
  rotate: 'operate',
  adopt: 'operate',
  transfer: 'operate',
  go: 'operate',
  mode: 'operate',
  drift: 'operate',
  look: 'operate',
  doctor: 'doctor',
  restore: 'restore',
} as const satisfies Readonly<Record<string, Stage>>

export type OperationName = keyof typeof operations
export const operationNames = Object.keys(operations) as readonly OperationName[]

export function operationPath(operation: OperationName): string {
  return `/operations/${operation}`
}
