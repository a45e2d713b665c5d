import { generationStage, versionToken } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import type { Content } from './desired.ts'
import {
  becomesCurrent,
  begins,
  begun,
  exchanged,
  highestOf,
  isRotationAsked,
  rollBackTo,
} from '../../secretentries/index.ts'
import { currentVersion, generationOf, nextGeneration } from './observed.ts'
import type { Observed } from './observed.ts'
import type { Mint, SecretsAction, WantedEntry } from './plan.ts'

interface Question {
  readonly wanted: WantedEntry
  readonly content: Extract<Content, { kind: 'generated' }>
  readonly found: Observed
  readonly shell: Mint['shell']
  readonly incarnation: number
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * A version that was put and does not show is not lost yet: Secrets Manager is eventually consistent (its lists lag
 * by up to five minutes). Until then the same generation is put again, which changes nothing when it is there.
 */
const visibleAfter = 10 * 60_000

/** Made once; made again only when it is lost, when somebody asks, or when the workload is a new one (P2). */
export function planGenerated(question: Question): SecretsAction[] {
  const { wanted, content, found } = question
  const { credential, secret, entry, rotation } = wanted
  if (!credential) {
    const adopted = adoption(question)
    return adopted ? [adopted] : mint(question, 'absent', false)
  }
  if (credential.kind !== 'generated' || !isOfThisIncarnation(question, credential)) {
    return mint(question, 'absent', false)
  }
  if (credential.state === 'issuing') return again(question, credential)
  const stages = stagesOf(found, credential)
  if (!stages) return isFresh(question, credential) ? again(question, credential) : mint(question, 'lost', false)
  if (isRotationAsked(credential, rotation)) return mint(question, 'requested', true)
  const stored = credential.keys?.[0]
  if (stored !== undefined && stored !== content.key) return mint(question, renamed, true, credential.versionId)
  const back = rollBackTo(credential, rotation)
  if (back && stagesOf(found, back)) return [promote(question, exchanged(credential, back))]
  return repair(secret, entry, credential, stages)
}

function stagesOf({ entry }: Observed, { versionId }: Pick<Credential, 'versionId'>): readonly string[] | undefined {
  return entry.status === 'absent' ? undefined : entry.versions[versionId]
}

const renamed = 'renamed'

/** What was begun is finished as it was begun. */
function again(question: Question, credential: Credential): SecretsAction[] {
  if (stagesOf(question.found, credential)) return [promote(question, credential)]
  const { reason, previous = [] } = credential
  return steps(question, credential, reason === renamed ? previous.at(-1)?.versionId : undefined)
}

function repair(secret: string, entry: string, credential: Credential, stages: readonly string[]): SecretsAction[] {
  const { generation } = credential
  const actions: SecretsAction[] = []
  if (!stages.includes(generationStage(generation))) {
    const summary = `label generation ${generation} of the secret ${secret}`
    actions.push({ type: 'pin', summary, entry, secret, credential })
  }
  if (!stages.includes('AWSCURRENT')) {
    const summary = `make generation ${generation} the current one of the secret ${secret}`
    actions.push({ type: 'promote', step: 'promote', summary, entry, secret, credential })
  }
  return actions
}

/**
 * Somebody adopted a secret that has a value under the right key, or what was made is no longer on record: that value
 * stays, and its generation is the one that it is labelled with.
 */
function adoption({ wanted, content, found }: Question): SecretsAction | undefined {
  const { entry, secret } = wanted
  const versionId = currentVersion(found.entry)
  if (versionId === undefined || found.inspection?.versionId !== versionId) return undefined
  if (found.inspection.missing.length > 0) return undefined
  const summary = `take over the value of the secret ${secret}`
  const credential: Credential = {
    kind: 'generated',
    generation: generationOf(found.entry, versionId),
    state: 'current',
    versionId,
    reason: 'adopted',
    keys: [content.key],
  }
  return { type: 'pin', summary, entry, secret, credential }
}

/** `kept`: what is in use until then goes on working for its overlap. */
function mint(question: Question, reason: string, kept: boolean, carryFrom?: string): SecretsAction[] {
  const { wanted, content, found, incarnation, now } = question
  const { credential: before, secret } = wanted
  const generation = before ? highestOf(before) + 1 : nextGeneration(found.entry)
  const versionId = versionToken(secret, incarnation, generation)
  const issuedAt = Math.floor(now / 1000)
  const next = { kind: 'generated', generation, versionId, reason, issuedAt, keys: [content.key] } as const
  const credential = begun(before, next, kept)
  return steps(question, credential, carryFrom, [begins(wanted.entry, credential, wanted.rotation)])
}

function steps(
  question: Question,
  credential: Credential,
  carryFrom: string | undefined,
  events: Mint['events'] = [],
): SecretsAction[] {
  const { wanted, content, shell } = question
  const { entry, secret } = wanted
  const made: Mint = {
    type: 'mint',
    step: 'stage',
    summary: `make generation ${credential.generation} of the secret ${secret} (${credential.reason ?? 'absent'})`,
    entry,
    secret,
    credential,
    events,
    key: content.key,
    length: content.length,
    shell,
    ...(carryFrom === undefined ? {} : { carryFrom }),
  }
  return [made, promote(question, credential)]
}

function promote({ wanted }: Question, credential: Credential): SecretsAction {
  const { entry, secret } = wanted
  const summary = `make generation ${credential.generation} the current one of the secret ${secret}`
  const current: Credential = { ...credential, state: 'current' }
  const events = [becomesCurrent(entry, current)]
  return { type: 'promote', step: 'promote', summary, entry, secret, credential: current, events }
}

function isFresh({ now }: Question, { issuedAt = 0 }: Credential): boolean {
  return now - issuedAt * 1000 < visibleAfter
}

/**
 * A workload that was deleted and declared again does not pick up its old value. The claim says which incarnation
 * the entry was last settled for; the version's id says it while that is not recorded yet.
 */
function isOfThisIncarnation({ wanted, incarnation }: Question, { generation, versionId }: Credential): boolean {
  return wanted.claim?.incarnation === incarnation || versionId === versionToken(wanted.secret, incarnation, generation)
}
