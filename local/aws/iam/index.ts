import { boundaryOperations } from './boundaries.ts'
import { detailOperations } from './details.ts'
import { throttled } from './errors.ts'
import { inlinePolicyOperations } from './inline.ts'
import { managedPolicyOperations } from './managed.ts'
import { oidcProviderOperations } from './oidcproviders.ts'
import { roleOperations } from './roles.ts'
import { taggingOperations } from './tagging.ts'
import type { ServiceDefinition } from '../core/client.ts'

export const iam: ServiceDefinition = {
  name: 'iam',
  throttled,
  operations: new Map([
    ...roleOperations,
    ...inlinePolicyOperations,
    ...managedPolicyOperations,
    ...boundaryOperations,
    ...taggingOperations,
    ...detailOperations,
    ...oidcProviderOperations,
  ]),
}
