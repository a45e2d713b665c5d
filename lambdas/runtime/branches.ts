import type { LookPorts } from '../../flow/fleet/look.ts'
import { lookAtBranches } from '../../flow/fleet/repository.ts'
import { blobId } from '../../git/blob.ts'
import { once } from '../core.ts'
import { coreRuntime } from './core.ts'
import { looking } from './looking.ts'
import { rendering } from './rendering.ts'
import { writerRuntime } from './writer.ts'

export const branchesRuntime = once(async (): Promise<LookPorts> => {
  const core = await coreRuntime()
  const writer = await writerRuntime()
  return { ...looking(core), compare: lookAtBranches({ ...core, ...rendering, blobId, writer }) }
})
