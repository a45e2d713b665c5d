import type { Provisioner, Waiting } from '../../domain/capability.ts'
import type { EcrOutput } from '../../domain/outputs.ts'
import { desired } from './desired.ts'
import type { EcrDesired, EcrSubject, Selection } from './desired.ts'
import { select } from './images.ts'
import { plan } from './plan.ts'
import type { EcrAction, EcrObserved } from './plan.ts'
import { apply, observe } from './remote.ts'
import type { EcrRemote } from './remote.ts'

export type { EcrSpec, EcrSubject } from './desired.ts'
export type { EcrRemote } from './remote.ts'

/** One repository per workload, in the control plane's account, for all its environments. */
export const ecr: Provisioner<EcrSubject, EcrDesired, EcrObserved, EcrAction, EcrOutput, EcrRemote> = {
  name: 'ecr',
  per: 'workload',
  desired,
  observe,
  plan,
  apply,
  outputs,
  waiting,
  due: () => undefined,
}

function outputs(wanted: EcrDesired, observed: EcrObserved): EcrOutput | undefined {
  if (wanted.ensure === 'absent' || !observed.repository) return undefined
  const chosen = wanted.selections.map(
    (selection) => [selection.environment, select(selection, observed.images)] as const,
  )
  return {
    repositoryArn: wanted.arn,
    repositoryUri: wanted.uri,
    images: Object.fromEntries(chosen.flatMap(([environment, image]) => (image ? [[environment, image]] : []))),
  }
}

function waiting(wanted: EcrDesired, observed: EcrObserved): readonly Waiting[] {
  return wanted.selections
    .filter((selection) => !select(selection, observed.images))
    .map((selection) => ({
      reason: 'AwaitingImage',
      environment: selection.environment,
      message: missing(wanted, selection),
    }))
}

function missing({ uri }: EcrDesired, { digest, track }: Selection): string {
  return digest === undefined
    ? `push an image with a tag like ${track} to ${uri}`
    : `the pinned image ${uri}@${digest} does not exist; push it, or pin another`
}
