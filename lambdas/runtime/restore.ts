import { ECRClient } from '@aws-sdk/client-ecr'
import type { RestorePorts } from '../../flow/restore.ts'
import { once } from '../core.ts'
import { incarnations } from '../restore/incarnation.ts'
import { sweepRuntime } from './sweep.ts'

export const restoreRuntime = once(async (): Promise<RestorePorts> => {
  const { installation, store, bus, clock } = await sweepRuntime()
  return { installation, store, bus, clock, incarnationOf: incarnations(new ECRClient({}), installation) }
})
