import type { Ceiling } from '../domain/ceiling.ts'
import { ceiling as awsCeiling } from './iam/ceiling.ts'
import { ceiling as natsCeiling } from './nats/ceiling.ts'

/** What a System limits; every workload is held against all of them. */
export const ceilings: readonly Ceiling<never>[] = [awsCeiling, natsCeiling]
