import { difference, phrase, type Explain, type Phrase, type PlacementChange } from '../../domain/changes.ts'
import { secretName } from '../../domain/names.ts'
import type { SecretsPart } from './desired.ts'

type Change = PlacementChange<SecretsPart>
type Entry = SecretsPart['secrets'][string]

export const entries: Explain<Change> = (change) => {
  const [before, after] = [change.before?.secrets ?? {}, change.after?.secrets ?? {}]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return names.flatMap((entry) => {
    const [old, now] = [before[entry], after[entry]]
    if (now === undefined) return [removed(change, entry)]
    return old === undefined ? [made(change, entry, now)] : changed(entry, old, now)
  })
}

function made({ installation, cluster, system, workload }: Change, entry: string, now: Entry): Phrase {
  if ('generate' in now) return phrase`secret ${entry}: a value of ${now.generate.length} characters is made`
  const name = secretName(installation.name, cluster.name, system.name, workload, entry)
  return phrase`secret ${entry}: made empty, its owner fills ${now.keys} in ${name}`
}

function removed({ installation }: Change, entry: string): Phrase {
  return phrase`secret ${entry}: scheduled for deletion, it can be restored for ${installation.secretRecoveryDays} days`
}

function changed(entry: string, old: Entry, now: Entry): Phrase[] {
  if ('generate' in now) return 'generate' in old ? generated(entry, old, now) : [remade(entry, now)]
  if ('generate' in old) return [phrase`secret ${entry}: its owner takes it over, and fills ${now.keys}`]
  const { added, removed: gone } = difference(old.keys, now.keys)
  return [
    ...(added.length > 0 ? [phrase`secret ${entry}: its owner fills ${added} too`] : []),
    ...(gone.length > 0 ? [phrase`secret ${entry}: ${gone} no longer reaches the pods`] : []),
  ]
}

type Generated = Extract<Entry, { generate: unknown }>

function remade(entry: string, { generate }: Generated): Phrase {
  return phrase`secret ${entry}: a value of ${generate.length} characters is made, in place of what its owner wrote`
}

/** Made once, and again only when rotation is asked for (P2): another length waits for that. */
function generated(entry: string, { generate: old }: Generated, { generate: now }: Generated): Phrase[] {
  return [
    ...(old.length === now.length
      ? []
      : [phrase`secret ${entry}: ${old.length} → ${now.length} characters, from the next rotation on`]),
    ...(old.key === now.key ? [] : [phrase`secret ${entry}: the same value under the key ${now.key}`]),
  ]
}
