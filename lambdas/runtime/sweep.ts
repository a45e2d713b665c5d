import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { once } from '../core.ts'
import { eventBridge } from './bus.ts'
import { coreRuntime } from './core.ts'

export const sweepRuntime = once(async () => {
  const core = await coreRuntime()
  return { ...core, bus: eventBridge(new EventBridgeClient({}), core.config.FAIRWAY_BUS) }
})
