import {
  rotationSteps,
  type ActionBase,
  type CredentialEvent,
  type Ledger,
  type Memory,
  type Provisioner,
  type Refusal,
  type RotationStep,
} from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import { RetryLater, Terminal, toFailure } from '../domain/errors.ts'
import type { Outcome } from './outcome.ts'

/** What one provisioning step needs: where its memory is, and how to reach the outside. */
export interface Provisioning<Subject, Remote> {
  readonly subject: Subject
  /** Absent for what is per workload. */
  readonly cluster?: string
  /** Read anew in each round, because applying writes to it. */
  memory(): Promise<Memory>
  readonly first: Memory
  readonly ledger: Ledger
  readonly remote: Remote
  readonly clock: Clock
  /** The last step of a rotation to go through in this call; absent: as far as it goes. */
  readonly through?: RotationStep
  /** Told of each as it happens: what fails later on has happened all the same. */
  readonly told?: (event: CredentialEvent) => void
}

/** Create-then-configure needs two rounds; one more for what a round uncovers; then the machine retries. */
const rounds = 4

/**
 * Observe, plan, apply, until there is nothing to do. One round, and no write, when all is well (P1).
 * Terminal errors come back as data; RetryLater and Conflict are thrown, for the machine to retry.
 */
export async function provision<Subject, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>,
  step: Provisioning<Subject, Remote>,
): Promise<Outcome> {
  const where = { capability: provisioner.name, ...(step.cluster === undefined ? {} : { cluster: step.cluster }) }
  try {
    return { ...where, ...(await converge(provisioner, step)) }
  } catch (error) {
    if (error instanceof Terminal) return { ...where, ok: false, failure: toFailure(error) }
    throw error
  }
}

async function converge<Subject, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>,
  step: Provisioning<Subject, Remote>,
): Promise<Omit<Outcome, 'capability' | 'cluster'>> {
  const applied: string[] = []
  const verified = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const memory = round === 0 ? step.first : await step.memory()
    const desired = provisioner.desired(step.subject, memory)
    const observed = await provisioner.observe(desired, step.remote)
    const planned = provisioner.plan(desired, observed, step.clock.now())
    refuse(planned)
    const actions = upTo(planned, step.through).filter(({ summary }) => !verified.has(summary))
    if (actions.length === 0) {
      const output = provisioner.outputs(desired, observed)
      const due = provisioner.due(desired, observed, step.clock.now())
      return {
        ok: true,
        result: output === undefined ? 'absent' : applied.length === 0 ? 'unchanged' : 'updated',
        applied,
        ...(output === undefined ? {} : { output }),
        waiting: provisioner.waiting(desired, observed),
        ...(planned.length === 0 ? {} : { pending: true }),
        ...(due === undefined ? {} : { due }),
      }
    }
    for (const action of actions) {
      await provisioner.apply(action as Action, step.remote, step.ledger)
      applied.push(action.summary)
      for (const event of action.events ?? []) step.told?.(event)
      // Leaves nothing behind that the next round would see.
      if (action.step === 'verify') verified.add(action.summary)
    }
  }
  throw new RetryLater(`${provisioner.name}: what was applied is not visible yet (${applied.at(-1)})`)
}

/** What comes before the first action of a later step: plans are in order. */
function upTo<Action extends ActionBase>(actions: readonly Action[], through: RotationStep | undefined) {
  if (through === undefined) return actions
  const later = new Set<string>(rotationSteps.slice(rotationSteps.indexOf(through) + 1))
  const end = actions.findIndex(({ step }) => step !== undefined && later.has(step))
  return end === -1 ? actions : actions.slice(0, end)
}

function refuse(actions: readonly ActionBase[]): void {
  const refusal = actions.find((action): action is Refusal => action.type === 'refuse')
  if (refusal) throw new Terminal(refusal.reason, { fix: refusal.fix })
}
