import { bold, dim, green, red, yellow } from 'yoctocolors'
import type { Installation } from '../../domain/capability.ts'
import type { Phase, WorkloadRecord } from '../../domain/records.ts'
import type { Mode } from '../../flow/modes.ts'
import type { SourceSummary, StatusReport, WorkloadSummary } from '../../flow/operations/model.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { credentialLines } from './credentials.ts'
import { driftLines } from './driftlines.ts'
import { exits } from './exit.ts'
import { modeLine, modeLines } from './modelines.ts'

/** Above this many workloads, those that are well are counted and not listed. */
const many = 100

/** 1 when something needs a person. */
export function statusCode({ counts, sources }: StatusReport): number {
  const wrong = sources.some(({ problemCount, brakedCount }) => problemCount + brakedCount > 0)
  return (counts.Failed ?? 0) > 0 || wrong ? exits.refused : exits.fine
}

export function printReport(report: StatusReport, all: boolean): void {
  for (const line of modeLines(report)) console.log(line)
  const listed =
    all || report.workloads.length <= many ? report.workloads : report.workloads.filter((one) => !isQuiet(one))
  for (const workload of listed) printSummary(workload)
  for (const { name, status } of report.systems) {
    if (status.phase !== 'Ready')
      console.log(`System ${name.padEnd(25)} ${phase(status.phase)} ${status.error?.message ?? ''}`)
  }
  for (const source of report.sources) printSource(source)
  console.log(summaryLine(report))
  const hidden = report.workloads.length - listed.length
  if (hidden > 0) console.log(dim(`${hidden} that are Ready or Retired are not listed; --all lists them`))
}

/** `2 workloads: 1 Ready, 1 Failed` */
function summaryLine({ counts }: StatusReport): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0)
  const total = parts.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return 'no workloads yet'
  const each = parts.map(([name, count]) => `${count} ${name}`).join(', ')
  return `${total === 1 ? '1 workload' : `${total} workloads`}: ${each}`
}

function isQuiet({ status }: WorkloadSummary): boolean {
  return status.phase === 'Ready' || status.phase === 'Retired'
}

function printSummary({ name, status, generation, origin }: WorkloadSummary): void {
  console.log(`${name.padEnd(32)} ${phase(status.phase)} ${dim(`generation ${generation}, from ${origin.source}`)}`)
  if (status.error) console.log(`  ${red(status.error.message)}${status.error.fix ? `\n  ${status.error.fix}` : ''}`)
}

function printSource({ name, problems, problemCount, braked, brakedCount, brakedWhy }: SourceSummary): void {
  for (const problem of problems) console.log(`Source ${name}: ${formatProblem(problem)}`)
  if (problemCount > problems.length) console.log(`Source ${name}: ${problemCount - problems.length} more problems`)
  if (brakedCount > 0) {
    const more = brakedCount > braked.length ? ` and ${brakedCount - braked.length} more` : ''
    const why = brakedWhy === undefined ? '' : ` (${brakedWhy})`
    console.log(
      `Source ${name}: ${yellow(`no longer declares ${braked.join(', ')}${more}`)}${why}; retire them with \`fairway go ${name}\`, or declare them again`,
    )
  }
}

/** As many as fit the screen with the rest; --json has all. */
const lastOperations = 5

export interface Beside {
  readonly overlap: Installation['overlap'] | undefined
  /** How it is reconciled, where that is not repair. */
  readonly mode: Mode | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

export function printWorkload(record: WorkloadRecord, { overlap, mode, now }: Beside): void {
  const { name, status, generation, incarnation, origin, removals = {}, audit = [] } = record
  console.log(`${bold(name)}  ${phase(status.phase)}`)
  if (mode !== undefined) console.log(`  ${modeLine(mode)}`)
  console.log(
    dim(
      `generation ${generation} (observed ${status.observedGeneration}), incarnation ${incarnation}, from ${[origin.source, origin.path].filter(Boolean).join(', ')}`,
    ),
  )
  for (const condition of status.conditions) {
    const place = [condition.capability, condition.cluster].filter(Boolean).join('/')
    const mark = condition.status === 'True' ? green('✓') : condition.status === 'False' ? red('✗') : yellow('?')
    console.log(`  ${mark} ${place.padEnd(24)} ${condition.reason.padEnd(16)} ${condition.message}`)
  }
  for (const [cluster, placement] of Object.entries(status.placements)) {
    console.log(
      `  ${cluster.padEnd(10)} commit ${placement.commit.slice(0, 10)} ${dim(placement.repository)}${placement.digest ? ` ${placement.digest.slice(0, 19)}` : ''}`,
    )
  }
  for (const line of credentialLines(record, overlap, now)) console.log(line)
  for (const line of driftLines(record)) console.log(line)
  for (const [cluster, removal] of Object.entries(removals)) {
    console.log(
      `  leaves ${cluster}: ${removal.confirmed ? `confirmed by ${removal.confirmed}` : 'waits for the confirmation that its objects are gone'}`,
    )
  }
  if (status.error?.fix) console.log(`  ${status.error.fix}`)
  for (const { at, who, what } of audit.slice(-lastOperations)) console.log(dim(`  ${at}  ${who}  ${what}`))
}

function phase(name: Phase): string {
  const text = name.padEnd(15)
  return name === 'Ready' ? green(text) : name === 'Failed' ? red(text) : yellow(text)
}
