import type { SourceRecord, Status, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import type { SourceSummary, SystemSummary, WorkloadSummary } from './model.ts'

/** Resources in short, each bounded: what a list of thousands can afford. */

const longest = 500
const most = 20

export function workloadSummary(record: WorkloadRecord): WorkloadSummary {
  const { name, system, generation, incarnation, intent, origin, status } = record
  return { name, system, generation, incarnation, intent, origin, status: inShort(status) }
}

export function systemSummary({ name, generation, status, spec }: SystemRecord): SystemSummary {
  const { reconcile = 'repair' } = (spec ?? {}) as Partial<SystemSpec>
  return { name, generation, status: inShort(status), ...(reconcile === 'repair' ? {} : { reconcile }) }
}

export function sourceSummary({ name, head, problems, braked, brakedWhy }: SourceRecord): SourceSummary {
  return {
    name,
    ...(head === undefined ? {} : { head }),
    problems: problems.slice(0, most).map((problem) => ({ ...problem, message: shortened(problem.message) })),
    problemCount: problems.length,
    braked: braked.slice(0, most),
    brakedCount: braked.length,
    ...(brakedWhy === undefined ? {} : { brakedWhy }),
  }
}

export function inShort({
  phase,
  observedGeneration,
  error,
}: Status): Pick<Status, 'phase' | 'observedGeneration' | 'error'> {
  if (error === undefined) return { phase, observedGeneration }
  const { type, message, fix, at } = error
  const mended = fix === undefined ? {} : { fix: shortened(fix) }
  return { phase, observedGeneration, error: { type, message: shortened(message), ...mended, at } }
}

export function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
}
