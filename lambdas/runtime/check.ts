import { explains } from '../../capabilities/changes.ts'
import type { CheckPorts } from '../../flow/check/ports.ts'
import { githubChecks } from '../../git/github/checks.ts'
import { once } from '../core.ts'
import { brakeOf } from './brake.ts'
import { coreRuntime } from './core.ts'
import { readerRuntime } from './git.ts'
import { githubRuntime } from './github.ts'
import { storeValidation } from './validation.ts'

export const checkRuntime = once(async (): Promise<CheckPorts> => {
  const { store, installation, specs, config, fleet } = await coreRuntime()
  return {
    store,
    installation,
    specs,
    explains,
    reader: await readerRuntime(),
    checks: githubChecks(await githubRuntime()),
    validate: storeValidation(store, fleet),
    brake: brakeOf(config),
    fleet,
  }
})
