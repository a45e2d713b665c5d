import type { ReportPorts } from '../../flow/report.ts'
import { once } from '../core.ts'
import { coreRuntime } from './core.ts'
import { portalRuntime } from './portal.ts'

export const reportRuntime = once(async (): Promise<ReportPorts> => {
  return { ...(await coreRuntime()), portal: await portalRuntime() }
})
