import { readForm } from '../../portals/port/form.ts'
import { once } from '../core.ts'
import { readerRuntime } from './git.ts'
import { portalRuntime } from './portal.ts'
import { sweepRuntime } from './sweep.ts'
import { storeValidation } from './validation.ts'
import type { ReadingPorts } from '../../flow/source/ports.ts'

export const sourceRuntime = once(async (): Promise<ReadingPorts> => {
  const { store, bus, clock, config } = await sweepRuntime()
  return {
    store,
    bus,
    clock,
    reader: await readerRuntime(),
    portal: await portalRuntime(),
    validate: storeValidation(store),
    form: readForm,
    brake: { workloads: config.FAIRWAY_BRAKE_WORKLOADS },
  }
})
