import { createHmac, timingSafeEqual } from 'node:crypto'
import { SecretValue, reveal } from '../../domain/secret.ts'

/** Used where there is no key, so that an unknown source takes the same work as a wrong signature. */
const dummy = [new SecretValue('no key is registered under this name')]

/** `sha256=<hex>`, as GitHub sends it and Fairway's own webhooks do: HMAC-SHA-256 over the raw body. */
export function signedHex(secrets: readonly SecretValue[], header: string | undefined, body: Uint8Array): boolean {
  const match = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')
  return matches(secrets, [body], match?.[1] ? Buffer.from(match[1], 'hex') : undefined)
}

/**
 * `v1,<base64>` over `<timestamp>.<raw body>`, as Port signs.
 * https://docs.port.io/actions-and-automations/setup-backend/webhook/signature-verification/
 */
export function signedPort(
  secrets: readonly SecretValue[],
  header: string | undefined,
  timestamp: string | undefined,
  body: Uint8Array,
): boolean {
  const match = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(header ?? '')
  const given = match?.[1] && timestamp !== undefined ? Buffer.from(match[1], 'base64') : undefined
  return matches(secrets, [Buffer.from(`${timestamp ?? ''}.`), body], given)
}

/** Every key is tried and every comparison made, whatever came before: time tells nothing about which one failed. */
function matches(
  secrets: readonly SecretValue[],
  content: readonly Uint8Array[],
  given: Uint8Array | undefined,
): boolean {
  // HMAC takes an empty key, which anybody has.
  const usable = secrets.filter((secret) => reveal(secret) !== '')
  const keys = usable.length > 0 ? usable : dummy
  const presented = given ?? Buffer.alloc(32)
  let found = false
  for (const key of keys) {
    const hmac = createHmac('sha256', reveal(key))
    for (const part of content) hmac.update(part)
    found = timingSafeEqual(hmac.digest(), presented) || found
  }
  return found && usable.length > 0 && given !== undefined
}
