import type { Ledger } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { generationStage } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import { SecretValue, reveal } from '../../domain/secret.ts'
import { ensureVersion, labelVersion } from '../../secretentries/index.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import type { Mint } from './actions.ts'
import { key } from './desired.ts'
import { credentials } from './jwt.ts'
import { accountKey, roleKey, userKey } from './keys.ts'
import { readMaster } from './master.ts'
import type { NatsProvider } from './provider.ts'

interface IssueRemote {
  readonly provider: NatsProvider
  readonly secrets: SecretsClient
  readonly control: SecretsClient
}

/**
 * Record that it is begun, mint, try it, put it into Secrets Manager, record that it is there. Minting is offline
 * and gives the same bytes for the same action, so whatever a crash leaves, doing it again completes it.
 */
export async function issue(action: Mint, remote: IssueRemote, ledger: Ledger): Promise<void> {
  const { secret, versionId, generation, incarnation, tags } = action
  const master = await readMaster(remote.control, action.account)
  const { file, credential } = mint(action, master)
  if (!action.claim) await ledger.claim('secret', { id: secret, incarnation })
  if (action.type === 'issue') await ledger.credential('nats', { ...credential, state: 'issuing' })
  if (!(await remote.provider.admits(action.target, file))) throw refused(action)
  await ensureVersion(remote.secrets, {
    secret,
    tags,
    versionId,
    generation,
    value: new SecretValue(JSON.stringify({ [key]: reveal(file) })),
    stage: 'AWSCURRENT',
    description: `NATS credentials of ${action.role}, made by Fairway`,
    ...(action.kmsKeyId === undefined ? {} : { kmsKeyId: action.kmsKeyId }),
  })
  if (action.type === 'restore') await labelVersion(remote.secrets, secret, versionId, generationStage(generation))
  if (action.type === 'issue') await ledger.credential('nats', { ...credential, state: 'current' })
}

function mint(action: Mint, master: SecretValue): { file: SecretValue; credential: Omit<Credential, 'state'> } {
  const { generation, versionId, reason, issuedAt, expiresAt, wanted = 0 } = action
  const issuer = roleKey(master, action, action.keyGeneration)
  const user = userKey(master, action, generation)
  const name = `${action.account.system} ${action.role} ${generation}`
  const file = credentials({ name, account: accountKey(master).publicKey, user, issuer, issuedAt, expiresAt })
  return {
    file,
    credential: {
      kind: 'nats',
      generation,
      versionId,
      reason,
      publicKey: user.publicKey,
      issuer: issuer.publicKey,
      issuedAt,
      expiresAt,
      ...(wanted > generation ? { wanted } : {}),
    },
  }
}

function refused({ role, target }: Mint): Terminal {
  return new Terminal(`the NATS servers at ${target.url} took the account and refuse the credentials of ${role}`, {
    fix: `make sure that the servers trust the signing key in the secret of the operator ${target.operator} (nsc describe operator), and that their clocks are right`,
  })
}
