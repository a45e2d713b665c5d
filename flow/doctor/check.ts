/** Checks as data: what is looked at, what came out, and what to do about it. */
export interface Check {
  /** Unique and the same every time: `eks/dev`, `secret/webhooks/github`. */
  readonly id: string
  /** What is claimed, for people: `the EKS cluster apps-dev exists and is active`. */
  readonly what: string
  /** What to do where neither the verdict nor the error says it. */
  readonly fix: string
  /** Reads only. What it throws is a failed check. */
  run(): Promise<Verdict>
}

export interface Verdict {
  /** `warning`: works, and will not for ever, or not as well as it could. `skipped`: does not apply here. */
  readonly result: 'ok' | 'failed' | 'skipped' | 'warning'
  /** Never a secret value (P3). */
  readonly message: string
  readonly fix?: string
}

export interface Finding extends Verdict {
  readonly id: string
  readonly what: string
}

export function ok(message: string): Verdict {
  return { result: 'ok', message }
}

export function skipped(message: string): Verdict {
  return { result: 'skipped', message }
}

export function failed(message: string, fix?: string): Verdict {
  return { result: 'failed', message, ...(fix === undefined ? {} : { fix }) }
}

export function warning(message: string, fix?: string): Verdict {
  return { result: 'warning', message, ...(fix === undefined ? {} : { fix }) }
}
