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
export type { NewVersion, DeletedEntry, ObservedEntry, PresentEntry, SecretsClient, Shell } from './remote.ts'
export { renderExternalSecrets, secretStoreName } from './render.ts'
export type { Recipient } from './render.ts'
