import { make } from '../look.ts'
import { fleetRuntime } from '../runtime/fleet.ts'

/** Registries and places: pages of AWS, and accounts of NATS. */
export const handler = make(fleetRuntime)
