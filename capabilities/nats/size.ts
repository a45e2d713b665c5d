import type { AccountRecord } from './account.ts'
import { claimsOf } from './account.ts'

/** How full an account is, as a share of the tightest of three limits. */
export interface AccountSize {
  readonly share: number
  /** For people: `1,403 of 1,499 roles`. */
  readonly message: string
}

/** From here on it is reported at every push. */
export const alarmShare = 0.6

const bounds = {
  /** `max_payload` of a server, and what newer servers cap a token at whatever `max_payload` says. */
  token: 1_048_576,
  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, less what a lease adds. */
  record: 390_000,
  /** A push of more takes servers too long. */
  roles: 1_499,
}

export function sizeOf(record: AccountRecord): AccountSize {
  const roles = Object.keys(record.roles).length
  // Base 64, the header and the signature; the record is measured as JSON, which DynamoDB's own count stays below.
  const token = Math.ceil((JSON.stringify(claimsOf(record)).length * 4) / 3) + 400
  const stored = JSON.stringify(record).length
  const sizes: AccountSize[] = [
    { share: roles / bounds.roles, message: `${count(roles)} of ${count(bounds.roles)} roles` },
    { share: token / bounds.token, message: `${count(token)} of ${count(bounds.token)} bytes of claims` },
    { share: stored / bounds.record, message: `${count(stored)} of ${count(bounds.record)} bytes of record` },
  ]
  return sizes.reduce((fullest, size) => (size.share > fullest.share ? size : fullest))
}

function count(number: number): string {
  return number.toLocaleString('en')
}
