import { createPublicKey, generateKeyPairSync, verify as verifySignature } from 'node:crypto'
import { systemClock } from '../../domain/effects.ts'
import { SecretValue } from '../../domain/secret.ts'

/** Whether a JSON Web Token is this App's and valid now. */
export type VerifyApp = (jwt: string) => boolean

/** An App with a new key, in the form in which GitHub hands it out (PKCS#1). */
export function makeApp(): { readonly appId: string; readonly privateKey: SecretValue; readonly verify: VerifyApp } {
  const appId = '4711'
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const key = createPublicKey(publicKey)
  return {
    appId,
    privateKey: new SecretValue(privateKey),
    verify(jwt) {
      const [head = '', claims = '', signature = ''] = jwt.split('.')
      const signed = Buffer.from(`${head}.${claims}`)
      if (!verifySignature('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return false
      return isCurrent(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Claims, appId)
    },
  }
}

interface Claims {
  readonly iss: unknown
  readonly iat: number
  readonly exp: number
}

/** At most ten minutes: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function isCurrent({ iss, iat, exp }: Claims, appId: string): boolean {
  const now = systemClock.now() / 1000
  return String(iss) === appId && iat <= now && exp > now && exp <= now + 600
}
