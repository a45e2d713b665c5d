/**
 * Least privilege as data, next to the code that needs it. `infra/` turns it into IAM statements; a test holds
 * it against the calls that the code can make. In `resources` and condition values, `${account}`, `${region}`,
 * `${installation}`, `${partition}`, `${boundary}` (name of the permissions boundary policy), `${credentialsKey}`
 * (the KMS key of credentials) are filled in.
 */
export interface Grant {
  /** Letters and digits, unique within one function. */
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
