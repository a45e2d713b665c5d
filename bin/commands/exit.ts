import { Terminal } from '../../domain/errors.ts'

/** What a command leaves behind: the process's exit status. */
export interface Exit {
  code: number
}

export const exits = {
  fine: 0,
  /** Refused, or something is as it should not be and needs a person. */
  refused: 1,
  /** The command itself is wrong. */
  usage: 2,
  /** No control plane was reached, or it did not let the caller in. */
  unreachable: 3,
  /** `--wait` ran out of time; what was asked for goes on. */
  late: 4,
} as const

/** The command is wrong; `fix` says what to write. */
export class Usage extends Terminal {}

/** Nothing was asked of a control plane: no credentials, no permission, no way there. */
export class Unreachable extends Terminal {}
