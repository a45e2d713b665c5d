import { reveal, SecretValue } from '../../domain/secret.ts'
import { tagKeys } from '../../domain/names.ts'
import { readVersion } from '../../secretentries/index.ts'
import type { ObservedEntry, SecretsClient } from '../../secretentries/index.ts'
import type { Recovered } from './actions.ts'
import { key } from './desired.ts'
import type { Desired } from './desired.ts'
import { readCredentials } from './jwt.ts'
import { renewAt } from './credential.ts'
import { currentGeneration } from './recovery.ts'

/**
 * The credential in the entry, where the table was lost and the entry is this installation's. When it was issued and
 * when it ends stands in it alone; its value is forgotten with the end of this function (P3).
 */
export async function recoverable(
  desired: Desired,
  entry: ObservedEntry,
  { secrets }: { readonly secrets: SecretsClient },
): Promise<Recovered | undefined> {
  const { memory, installation, secret } = desired
  if (desired.ensure === 'absent' || !memory.restoring || memory.credential || entry.status !== 'present')
    return undefined
  if (entry.tags[tagKeys.installation] !== installation.name) return undefined
  const version = currentGeneration(entry.versions)
  const claims = version && claimsIn(await readVersion(secrets, secret, version.versionId))
  if (version === undefined || claims?.exp === undefined) return undefined
  const { sub: publicKey, iss: issuer, iat: issuedAt, exp: expiresAt } = claims
  const life = { issuedAt, expiresAt, renewAt: renewAt({ issuedAt, expiresAt }, desired.renewBefore) }
  return { kind: 'nats', state: 'current', ...version, publicKey, issuer, ...life }
}

/** Undefined for what is no credentials file; why is not said, because a parser quotes what it read. */
function claimsIn(value: SecretValue) {
  try {
    const file = (JSON.parse(reveal(value)) as Readonly<Record<string, string>>)[key]
    return file === undefined ? undefined : readCredentials(new SecretValue(file))
  } catch {
    return undefined
  }
}
