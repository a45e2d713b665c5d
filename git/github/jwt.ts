import { createAppAuth } from '@octokit/auth-app'
import { Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'

/** An App as its secret holds it. */
export interface AppKey {
  /** Digits: the App id, not the client id, which check runs are not found by. */
  readonly appId: string
  /** PEM, PKCS#1 as GitHub hands it out, or PKCS#8. */
  readonly privateKey: SecretValue
}

/**
 * What the App signs its own calls with, for ten minutes. Whatever a library says of a key that it cannot use stays out
 * of the error (P3). The library's tokens of installations are not used: it keeps them for 59 minutes whatever GitHub
 * said, and drops the repository's present address from the answer.
 */
export async function appJwt(key: AppKey, secret: string): Promise<SecretValue> {
  try {
    const authenticate = createAppAuth({ appId: key.appId, privateKey: reveal(key.privateKey) })
    return new SecretValue((await authenticate({ type: 'app' })).token)
  } catch {
    throw new Terminal(`the private key of the GitHub App in the secret ${secret} cannot be used`, {
      fix: `generate a private key in the App’s settings, and write it into the secret ${secret}, whole, with \\n for its line ends`,
    })
  }
}
