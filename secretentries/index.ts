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
  begun,
  delivered,
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
