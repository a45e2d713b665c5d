import type { Provisioner, Renderer } from '../../domain/capability.ts'
import type { NatsOutput, PlacementOutputs } from '../../domain/outputs.ts'
import type { Action, Observed } from './actions.ts'
import { has, renewAt } from './credential.ts'
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
  const credential = settled(wanted, observed)
  if (wanted.ensure === 'absent' || !observed.ours || !observed.record || !credential) return undefined
  const { versionId, generation } = credential
  return {
    url: wanted.target.url,
    account: observed.record.publicKey,
    inboxPrefix: wanted.inboxPrefix,
    credentials: { entry, secret: wanted.secret, versions: [{ versionId, generation }], keys: [key] },
  }
}

function due(wanted: Desired, observed: Observed): number | undefined {
  const credential = settled(wanted, observed)
  return credential && renewAt(credential)
}

/** The credential that pods use: recorded as current, and its version is there. */
function settled({ ensure, memory: { credential } }: Desired, observed: Observed) {
  if (ensure === 'absent' || !observed.ours || credential?.state !== 'current') return undefined
  return has(observed, credential) ? credential : undefined
}
