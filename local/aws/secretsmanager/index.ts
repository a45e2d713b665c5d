import { deletionOperations } from './deletion.ts'
import { throttled } from './errors.ts'
import { listingOperations } from './listing.ts'
import { policyOperations } from './policies.ts'
import { secretOperations } from './secrets.ts'
import { taggingOperations } from './tagging.ts'
import { valueOperations } from './values.ts'
import { versionOperations } from './versions.ts'
import type { ServiceDefinition } from '../core/client.ts'

export const secretsManager: ServiceDefinition = {
  name: 'secretsmanager',
  throttled,
  operations: new Map([
    ...secretOperations,
    ...valueOperations,
    ...versionOperations,
    ...deletionOperations,
    ...listingOperations,
    ...taggingOperations,
    ...policyOperations,
  ]),
}
