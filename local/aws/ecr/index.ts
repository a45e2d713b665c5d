import { throttled } from './errors.ts'
import { imageOperations } from './images.ts'
import { policyOperations } from './policies.ts'
import { putImageOperations } from './putimage.ts'
import { repositoryOperations } from './repositories.ts'
import { taggingOperations } from './tagging.ts'
import type { ServiceDefinition } from '../core/client.ts'

export const ecr: ServiceDefinition = {
  name: 'ecr',
  throttled,
  operations: new Map([
    ...repositoryOperations,
    ...taggingOperations,
    ...policyOperations,
    ...imageOperations,
    ...putImageOperations,
  ]),
}
