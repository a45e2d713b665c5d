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
