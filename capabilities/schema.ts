import * as z from 'zod'
import { apiVersion, environmentName, workloadMetadata } from '../domain/resources.ts'
import { imageOverride, imageSpec } from './ecr/schema.ts'
import { awsSpec } from './iam/schema.ts'
import { natsOverride, natsSpec } from './nats/schema.ts'
import { secretsSpec } from './secrets/schema.ts'
import { workloadFields, workloadOverrides } from './workload/schema.ts'

/** The Workload schema, assembled from the folders' parts. */

const fields = {
  ...workloadFields,
  image: imageSpec.prefault({}).describe('Which image of its own repository runs.'),
  aws: awsSpec.optional().describe('What it may do in AWS. Absent: nothing, and no role.'),
  nats: natsSpec.optional().describe('What it may do on NATS. Absent: nothing, and no user.'),
  secrets: secretsSpec.default({}),
}

const environmentOverride = z
  .strictObject({
    ...workloadOverrides,
    image: imageOverride.optional().describe('Which image runs in this environment.'),
    aws: awsSpec.optional().describe('What it may do in AWS in this environment; replaces all statements.'),
    nats: natsOverride.optional().describe('What it may do on NATS in this environment.'),
  })
  .describe('Differences in this environment: objects merge by key, lists and plain values replace.')

/** What a workload must be where it runs; checked at admission for each environment, overrides merged. */
export const placedSpec = z.strictObject(fields).superRefine((spec, context) => {
  const issue = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (spec.type === 'cronjob' && !spec.schedule) issue(['schedule'], 'a cronjob needs `schedule`')
  if (spec.type !== 'cronjob' && spec.schedule)
    issue(['schedule'], `\`schedule\` is for type cronjob, this is a ${spec.type}`)
  if (spec.type === 'service' && !spec.service) issue(['service'], 'a service needs `service.ports`')
  if (spec.type !== 'service' && spec.service)
    issue(['service'], `\`service\` is for type service, this is a ${spec.type}`)
  if (spec.scaling.max !== undefined && spec.scaling.max < spec.scaling.min) {
    issue(['scaling', 'max'], `max (${spec.scaling.max}) is below min (${spec.scaling.min})`)
  }
})
/** A workload in one environment, overrides merged: what capabilities see. */
export type PlacedSpec = z.infer<typeof placedSpec>

export const workloadSpec = z.strictObject({
  ...fields,
  environments: z
    .record(environmentName, environmentOverride)
    .refine((value) => Object.keys(value).length > 0, 'must name at least one environment')
    .describe('Where it runs, and what differs there.'),
})
export type WorkloadSpec = z.infer<typeof workloadSpec>

export const workload = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe('The version of this schema.'),
    kind: z.literal('Workload').describe('The kind of resource.'),
    metadata: workloadMetadata.describe('What it is called, and the System it belongs to.'),
    spec: workloadSpec.describe('What is wanted.'),
  })
  .describe('A deployable: containers, ports, scaling, environments, AWS statements, NATS subjects, secrets.')

/**
 * The spec as one environment sees it. Objects merge by key, lists and plain values replace; an image digest in
 * an environment wins over `track`. Undefined when the workload does not run there. The merge of a valid
 * override may still be invalid (min above max): admission checks it against `placedSpec`.
 */
export function forEnvironment(spec: WorkloadSpec, environment: string): PlacedSpec | undefined {
  const { environments, ...base } = spec
  if (!Object.hasOwn(environments, environment)) return undefined
  const merged = merge(base, environments[environment] ?? {})
  // What only the override brings (its own `nats`, say) has no defaults before this.
  return placedSpec.safeParse(merged).data ?? (merged as PlacedSpec)
}

function merge(base: unknown, override: unknown): unknown {
  if (override === undefined) return base
  if (!isObject(base) || !isObject(override)) return override
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(override)) result[key] = merge(base[key], value)
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
