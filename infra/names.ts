import { label } from '../domain/resources.ts'
import type { MachineName } from './rules.ts'
import type { Stage } from './stages.ts'

/**
 * Names of the control plane's own resources. Fixed, because grants and people name them; and all with the prefix
 * `fairway`, because that is how the `iam` capability knows what no workload may be granted.
 */
export interface Names {
  readonly installation: string
  /** Of what there is one: table, bus, queue, API. */
  readonly base: string
  readonly stage: (stage: Stage) => string
  readonly machine: (machine: MachineName) => string
  readonly with: (suffix: string) => string
  /** Permissions boundary of workloads' roles; readers' roles have `<boundary>-reader`. */
  readonly boundary: string
  /** What a member account's roles ask for, when nothing else is agreed. No secret: it says on whose behalf. */
  readonly externalId: string
}

/** The longest name is a rule's, of 64 characters: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const longest = 20

export function namesOf(installation: string): Names {
  if (!label.safeParse(installation).success || installation.length > longest) {
    throw new Error(
      `the installation "${installation}" must be lower-case letters, digits and single "-", starting with a letter, of at most ${longest} characters`,
    )
  }
  const base = `fairway-${installation}`
  return {
    installation,
    base,
    stage: (stage) => `${base}-${stage}`,
    machine: (machine) => `${base}-${machine}`,
    with: (suffix) => `${base}-${suffix}`,
    boundary: `${base}-boundary`,
    externalId: base,
  }
}
