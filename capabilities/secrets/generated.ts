import { generationStage, versionToken } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import type { Content } from './desired.ts'
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
  const { credential, secret, entry } = wanted
  if (!credential) {
    const adopted = adoption(question)
    return adopted ? [adopted] : [mint(question, nextGeneration(found.entry), 'absent')]
  }
  const next = credential.generation + 1
  if (credential.kind !== 'generated' || !isOfThisIncarnation(question, credential)) {
    return [mint(question, next, 'absent')]
  }
  if (credential.state === 'issuing') return [again(question, credential)]
  const stages = found.entry.status === 'absent' ? undefined : found.entry.versions[credential.versionId]
  if (!stages) return [isFresh(question, credential) ? again(question, credential) : mint(question, next, 'lost')]
  if ((credential.wanted ?? 0) > credential.generation) return [mint(question, next, 'requested')]
  const stored = credential.keys?.[0]
  if (stored !== undefined && stored !== content.key) {
    return [{ ...mint(question, next, renamed), carryFrom: credential.versionId }]
  }
  return repair(secret, entry, credential, stages)
}

const renamed = 'renamed'

/** What was begun is finished as it was begun. */
function again(question: Question, { generation, reason }: Credential): Mint {
  const { entry } = question.found
  const action = mint(question, generation, reason ?? 'absent')
  if (reason !== renamed || entry.status === 'absent') return action
  const label = generationStage(generation - 1)
  const before = Object.keys(entry.versions).find((id) => entry.versions[id]?.includes(label))
  return before === undefined ? action : { ...action, carryFrom: before }
}

function repair(secret: string, entry: string, credential: Credential, stages: readonly string[]): SecretsAction[] {
  const { versionId, generation } = credential
  const actions: SecretsAction[] = []
  if (!stages.includes(generationStage(generation))) {
    const summary = `label generation ${generation} of the secret ${secret}`
    actions.push({ type: 'pin', summary, entry, secret, credential })
  }
  if (!stages.includes('AWSCURRENT')) {
    const summary = `make generation ${generation} the current one of the secret ${secret}`
    actions.push({ type: 'promote', summary, entry, secret, versionId })
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

function mint({ wanted, content, shell, incarnation, now }: Question, generation: number, reason: string): Mint {
  const { entry, secret } = wanted
  const versionId = versionToken(secret, incarnation, generation)
  return {
    type: 'mint',
    summary: `make generation ${generation} of the secret ${secret} (${reason})`,
    entry,
    secret,
    credential: {
      kind: 'generated',
      generation,
      state: 'current',
      versionId,
      reason,
      issuedAt: Math.floor(now / 1000),
      keys: [content.key],
    },
    key: content.key,
    length: content.length,
    shell,
  }
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
