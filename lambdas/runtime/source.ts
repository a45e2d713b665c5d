import { readForm } from '../../portals/port/form.ts'
import { once } from '../core.ts'
import type { SourcePorts } from '../source/handler.ts'
import { brakeOf } from './brake.ts'
import { headsRuntime, readerRuntime } from './git.ts'
import { portalRuntime } from './portal.ts'
import { sweepRuntime } from './sweep.ts'
import { storeValidation } from './validation.ts'

export const sourceRuntime = once(async (): Promise<SourcePorts> => {
  const { store, bus, clock, random, config, fleet } = await sweepRuntime()
  return {
    store,
    bus,
    clock,
    random,
    reader: await readerRuntime(),
    heads: await headsRuntime(),
    portal: await portalRuntime(),
    validate: storeValidation(store, fleet),
    form: readForm,
    brake: brakeOf(config),
    fleet,
  }
})
