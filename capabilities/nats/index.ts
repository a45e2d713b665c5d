import type { Provisioner, Renderer } from '../../domain/capability.ts'
import type { NatsOutput, PlacementOutputs } from '../../domain/outputs.ts'
import type { Action, Observed } from './actions.ts'
import { delivered, inUse, overlapDue } from '../../secretentries/index.ts'
import { renewAt, versionOf } from './credential.ts'
import { desired, entry, key } from './desired.ts'
import type { Desired, NatsSubject } from './desired.ts'
import { plan } from './plan.ts'
import { apply, observe } from './remote.ts'
import type { NatsRemote } from './remote.ts'
import { render } from './render.ts'

export type { NatsSubject } from './desired.ts'
export type { NatsRemote } from './remote.ts'

/** A NATS user per placement: a scoped signing key in the account of its system and environment, and credentials. */
export const nats: Provisioner<NatsSubject, Desired, Observed, Action, NatsOutput, NatsRemote> &
  Renderer<NatsSubject, Pick<PlacementOutputs, 'nats'>> = {
  name: 'nats',
  per: 'placement',
  desired,
  observe,
  plan,
  apply,
  outputs,
  waiting: () => [],
  due,
  render,
}

function outputs(wanted: Desired, observed: Observed): NatsOutput | undefined {
  if (wanted.ensure === 'absent' || !observed.ours || !observed.record) return undefined
  const versions = delivered(wanted.memory.credential)
    .filter((generation) => versionOf(observed, generation))
    .map(({ versionId, generation }) => ({ versionId, generation }))
  if (versions.length === 0 || versions.at(-1)?.generation !== inUse(wanted.memory.credential)?.generation)
    return undefined
  return {
    url: wanted.target.url,
    account: observed.record.publicKey,
    inboxPrefix: wanted.inboxPrefix,
    credentials: { entry, secret: wanted.secret, versions, keys: [key] },
  }
}

/** When it is to be renewed, or the end of an overlap to be looked at. */
function due(wanted: Desired, observed: Observed, now: number): number | undefined {
  const { memory, rotation } = wanted
  const { credential } = memory
  if (wanted.ensure === 'absent' || !observed.ours || credential?.state !== 'current') return undefined
  const overlap = overlapDue(credential, rotation, now, true) ?? Number.POSITIVE_INFINITY
  return Math.min(renewAt(credential, wanted.renewBefore), overlap)
}
