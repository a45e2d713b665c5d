import type { Ledger } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { generationStage } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import { SecretValue, reveal } from '../../domain/secret.ts'
import { ensureVersion, labelVersion, promoteVersion } from '../../secretentries/index.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import type { Mint } from './actions.ts'
import { key } from './desired.ts'
import { credentials } from './jwt.ts'
import { accountKey, roleKey, userKey } from './keys.ts'
import { readMaster } from './master.ts'
import type { NatsProvider } from './provider.ts'

export interface IssueRemote {
  readonly provider: NatsProvider
  readonly secrets: SecretsClient
  readonly control: SecretsClient
}

/**
 * Record that it is begun, put it into Secrets Manager beside the current one, connect with it, make it the current
 * one. Minting is offline and gives the same bytes for the same numbers, so whatever a crash leaves, doing it again
 * completes it.
 */
export async function carryOut(action: Mint, remote: IssueRemote, ledger: Ledger): Promise<void> {
  switch (action.type) {
    case 'issue':
      return issue(action, remote, ledger)
    case 'stage':
      return stage(action, remote)
    case 'verify':
      return verify(action, remote)
    case 'promote':
      return promote(action, remote, ledger)
  }
}

async function issue(action: Mint, { control }: IssueRemote, ledger: Ledger): Promise<void> {
  const { credential } = mint(action, await readMaster(control, action.account))
  if (!action.claim) await ledger.claim('secret', { id: action.secret, incarnation: action.incarnation })
  await ledger.credential('nats', { ...credential, state: 'issuing' })
}

async function stage(action: Mint, { control, secrets }: IssueRemote): Promise<void> {
  const { secret, tags, kmsKeyId, credential } = action
  const { generation, versionId } = credential
  const { file } = mint(action, await readMaster(control, action.account))
  await ensureVersion(secrets, {
    secret,
    tags,
    versionId,
    generation,
    value: new SecretValue(JSON.stringify({ [key]: reveal(file) })),
    stage: 'AWSPENDING',
    description: `NATS credentials of ${action.role}, made by Fairway`,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
  })
  // An earlier version of this id may have lost it.
  await labelVersion(secrets, secret, versionId, generationStage(generation))
}

/** By really connecting: that servers took the account says nothing. */
async function verify(action: Mint, { control, provider }: IssueRemote): Promise<void> {
  const { file } = mint(action, await readMaster(control, action.account))
  if (!(await provider.admits(action.target, file))) throw refused(action)
}

async function promote(action: Mint, { control, secrets }: IssueRemote, ledger: Ledger): Promise<void> {
  const known = action.credential.publicKey !== undefined
  const credential = known ? action.credential : mint(action, await readMaster(control, action.account)).credential
  await promoteVersion(secrets, action.secret, credential.versionId)
  await ledger.credential('nats', { ...credential, state: 'current' })
}

function mint(action: Mint, master: SecretValue): { file: SecretValue; credential: Credential } {
  const { generation, issuedAt = 0, expiresAt = 0 } = action.credential
  const issuer = roleKey(master, action, action.keyGeneration)
  const user = userKey(master, action, generation)
  const name = `${action.account.system} ${action.role} ${generation}`
  const file = credentials({ name, account: accountKey(master).publicKey, user, issuer, issuedAt, expiresAt })
  return { file, credential: { ...action.credential, publicKey: user.publicKey, issuer: issuer.publicKey } }
}

function refused({ role, target }: Mint): Terminal {
  return new Terminal(`the NATS servers at ${target.url} took the account and refuse the credentials of ${role}`, {
    fix: `make sure that the servers trust the signing key in the secret of the operator ${target.operator} (nsc describe operator), and that their clocks are right`,
  })
}
