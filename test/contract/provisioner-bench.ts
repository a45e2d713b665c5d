import { expect } from 'vitest'
import type { ActionBase, Ledger, Memory, Provisioner, Refusal } from '../../domain/capability.ts'
import type { Claim, Credential, Pin, RotationRequest } from '../../domain/records.ts'

/** One subject's record in memory, and a provisioner driven as the flow does, for tests of single rules. */
export function provisionerBench<Subject, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>,
  remote: Remote,
  now: () => number,
) {
  const claims: Record<string, Claim> = {}
  const credentials: Record<string, Credential> = {}
  const rotations: Record<string, RotationRequest> = {}
  const pins: Record<string, Pin> = {}
  const memory: { restoring?: true } = {}
  const ledger: Ledger = {
    claim: async (what, claim) => void (claims[what] = claim),
    release: async (what) => void delete claims[what],
    credential: async (entry, credential) => void (credentials[entry] = credential),
  }
  const look = async (subject: Subject) => {
    const remembered: Memory = structuredClone({ claims, credentials, rotations, pins, ...memory })
    const desired = provisioner.desired(subject, remembered)
    return { desired, observed: await provisioner.observe(desired, remote) }
  }
  const plan = async (subject: Subject): Promise<readonly (Action | Refusal)[]> => {
    const { desired, observed } = await look(subject)
    return provisioner.plan(desired, observed, now())
  }
  const applyAll = async (actions: readonly (Action | Refusal)[]) => {
    for (const action of actions) {
      if (action.type === 'refuse') throw new Error((action as Refusal).reason)
      await provisioner.apply(action as Action, remote, ledger)
    }
  }
  /** Types of the actions that it took, round by round. */
  const converge = async (subject: Subject): Promise<string[]> => {
    const taken: string[] = []
    for (let round = 0; round < 4; round++) {
      const actions = await plan(subject)
      if (actions.length === 0) return taken
      await applyAll(actions)
      taken.push(...actions.map(({ type }) => type))
    }
    return expect.fail(`does not converge: ${taken.join(', ')}`)
  }
  return {
    claims,
    credentials,
    rotations,
    pins,
    /** What the record says besides. */
    memory,
    ledger,
    plan,
    applyAll,
    converge,
    output: async (subject: Subject) => {
      const { desired, observed } = await look(subject)
      return provisioner.outputs(desired, observed)
    },
    waiting: async (subject: Subject) => {
      const { desired, observed } = await look(subject)
      return provisioner.waiting(desired, observed)
    },
  }
}
