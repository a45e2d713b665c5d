import { throttled } from './errors.ts'
import { resourceOperations } from './resources.ts'
import type { ServiceDefinition } from '../core/client.ts'

/** The Resource Groups Tagging API: an index over what other services hold, which comes to know of it in its own time. */
export const tagging: ServiceDefinition = {
  name: 'tagging',
  throttled,
  operations: new Map(resourceOperations),
}
