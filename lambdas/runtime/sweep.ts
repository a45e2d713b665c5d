import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { createFleet } from '../../store/fleet.ts'
import { once } from '../core.ts'
import { eventBridge } from './bus.ts'
import { coreRuntime } from './core.ts'

export const sweepRuntime = once(async () => {
  const core = await coreRuntime()
  return {
    ...core,
    bus: eventBridge(new EventBridgeClient({}), core.config.FAIRWAY_BUS),
    fleet: createFleet(core.table, core),
  }
})
