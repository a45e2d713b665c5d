import { addonOperations } from './addons.ts'
import { associationOperations } from './associations.ts'
import { clusterOperations } from './clusters.ts'
import { throttled } from './errors.ts'
import { taggingOperations } from './tagging.ts'
import type { ServiceDefinition } from '../core/client.ts'

export const eks: ServiceDefinition = {
  name: 'eks',
  throttled,
  operations: new Map([...clusterOperations, ...addonOperations, ...associationOperations, ...taggingOperations]),
}
