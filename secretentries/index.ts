export { entryIn, ownedEntries, readEntries } from './bulk.ts'
export type { Entries, EntriesReader } from './bulk.ts'
export {
  ensureSecret,
  ensureVersion,
  labelVersion,
  observeEntry,
  promoteVersion,
  readVersion,
  removeLabel,
  retag,
  scheduleDeletion,
} from './remote.ts'
export type { NewVersion, ObservedEntry, SecretsClient, Shell } from './remote.ts'
export { renderExternalSecrets, secretStoreName } from './render.ts'
export {
  becomesCurrent,
  begins,
  begun,
  delivered,
  end,
  exchanged,
  isLeastTimeOver,
  isRotationAsked,
  overIn,
  overlapDue,
  rollBackTo,
  rotationOf,
  without,
} from './generations.ts'
export { highestOf, inUse } from '../domain/generations.ts'
export type { Rotation } from './generations.ts'
