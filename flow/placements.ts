import type { EcrOutput, IamOutput, NatsOutput, PlacementOutputs, SecretsOutput } from '../domain/outputs.ts'

/**
 * What the renderers of one placement see, from what each capability gave: in the outcomes of a run, or on record.
 * Undefined unless those are there without which nothing is rendered.
 */
export function placementOutputs(given: (capability: string) => unknown): PlacementOutputs | undefined {
  const [ecr, iam, nats, secrets] = ['ecr', 'iam', 'nats', 'secrets'].map(given)
  if (ecr === undefined || iam === undefined) return undefined
  return {
    ecr: ecr as EcrOutput,
    iam: iam as IamOutput,
    ...(nats === undefined ? {} : { nats: nats as NatsOutput }),
    secrets: (secrets ?? { entries: [] }) as SecretsOutput,
  }
}
