import type { ReportPorts } from '../../flow/report.ts'
import { once } from '../core.ts'
import { portalRuntime } from './portal.ts'
import { sweepRuntime } from './sweep.ts'

export const reportRuntime = once(async (): Promise<ReportPorts> => {
  return { ...(await sweepRuntime()), portal: await portalRuntime() }
})
