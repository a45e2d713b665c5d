import type { OperatePorts } from '../../flow/operate.ts'
import { once } from '../core.ts'
import { sweepRuntime } from './sweep.ts'
import { storeValidation } from './validation.ts'

export const operateRuntime = once(async (): Promise<OperatePorts> => {
  const { store, bus, clock, installation, fleet } = await sweepRuntime()
  return { store, bus, clock, installation, fleet, validate: storeValidation(store, fleet) }
})
