import type { Random } from '../../domain/effects.ts'
import type { Ledger } from '../../domain/capability.ts'
import { Terminal, never } from '../../domain/errors.ts'
import { generationStage } from '../../domain/names.ts'
import { SecretValue, reveal } from '../../domain/secret.ts'
import {
  ensureSecret,
  ensureVersion,
  labelVersion,
  observeEntry,
  promoteVersion,
  readVersion,
  removeLabel,
  retag,
  scheduleDeletion,
} from '../../secretentries/index.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import type { SecretsDesired } from './desired.ts'
import { keysOf } from './desired.ts'
import { ownershipOf, versionToInspect } from './observed.ts'
import type { Inspection, Observed, SecretsObserved } from './observed.ts'
import type { Mint, SecretsAction } from './plan.ts'

/** A client of the cluster's account and region. */
export interface SecretsRemote {
  readonly secretsManager: SecretsClient
  readonly random: Random
}

/** One read per entry; one more for a version that its owner has written since. */
export async function observe(desired: SecretsDesired, remote: SecretsRemote): Promise<SecretsObserved> {
  const { secretsManager: client } = remote
  const observed = await Promise.all(
    desired.entries.map(async (wanted): Promise<[string, Observed]> => {
      const entry = await observeEntry(client, wanted.secret)
      // The value of what is not ours is none of our business.
      const version =
        ownershipOf(desired, wanted, entry) === 'ours' ? versionToInspect(wanted, entry, desired.restoring) : undefined
      if (version === undefined || !wanted.wanted) return [wanted.entry, { entry, inspection: undefined }]
      const inspection = await inspect(client, wanted.secret, version, keysOf(wanted.wanted.content))
      return [wanted.entry, { entry, inspection }]
    }),
  )
  return Object.fromEntries(observed)
}

export async function apply(action: SecretsAction, remote: SecretsRemote, ledger: Ledger): Promise<void> {
  const { secretsManager: client } = remote
  const { entry, secret } = action
  switch (action.type) {
    case 'create':
      await ledger.claim(entry, action.claim)
      await ensureSecret(client, { secret, ...action.shell })
      return
    case 'restore':
      await ensureSecret(client, { secret, ...action.shell })
      return
    case 'tag':
      return retag(client, secret, action.tags)
    case 'mint':
      return mint(action, remote, ledger)
    case 'promote':
      await promoteVersion(client, secret, action.credential.versionId)
      return ledger.credential(entry, action.credential)
    case 'pin':
      await labelVersion(client, secret, action.credential.versionId, generationStage(action.credential.generation))
      return ledger.credential(entry, action.credential)
    case 'note':
      return ledger.credential(entry, action.credential)
    case 'unpin':
      return removeLabel(client, secret, action.versionId, action.stage)
    case 'schedule-deletion':
      await scheduleDeletion(client, secret, action.days)
      return ledger.claim(entry, action.claim)
    case 'record':
      return ledger.claim(entry, action.claim)
    case 'release':
      return ledger.release(entry)
    default:
      return never(action)
  }
}

/**
 * The generation is on record before the value exists, and the version's id follows from it: after a crash the
 * same version is found again, and whatever value was made the second time is thrown away (P2, P4).
 */
async function mint(action: Mint, { secretsManager, random }: SecretsRemote, ledger: Ledger): Promise<void> {
  const { entry, secret, credential, shell } = action
  await ledger.credential(entry, credential)
  const { carryFrom } = action
  const text = carryFrom ? await carried(secretsManager, secret, carryFrom) : randomText(random, action.length)
  await ensureVersion(secretsManager, {
    secret,
    ...shell,
    versionId: credential.versionId,
    generation: credential.generation,
    value: new SecretValue(JSON.stringify({ [action.key]: text })),
    stage: 'AWSPENDING',
  })
}

/** Renaming a key is no reason for a new value. A generated version holds exactly one. */
async function carried(client: SecretsClient, secret: string, versionId: string): Promise<string> {
  const [value, ...others] = Object.values(parse(await readVersion(client, secret, versionId)))
  if (typeof value === 'string' && others.length === 0) return value
  throw new Terminal(`version ${versionId} of the secret ${secret} does not hold exactly one text`, {
    fix: 'give the key its former name back, or rotate the entry: a new value is made under the new key',
  })
}

async function inspect(
  client: SecretsClient,
  secret: string,
  versionId: string,
  asked: readonly string[],
): Promise<Inspection> {
  const value = parse(await readVersion(client, secret, versionId))
  return { versionId, asked, missing: asked.filter((key) => !Object.hasOwn(value, key) || isEmpty(value[key])) }
}

/** What is no JSON object holds no keys. The parser's error would quote the text. */
function parse(value: SecretValue): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(reveal(value))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    return {}
  }
  return {}
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === null
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Bytes from 248 up are thrown away: 248 is four alphabets, so every character is equally likely. */
function randomText(random: Random, length: number): string {
  const usable = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < usable && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}
