import { bold, dim, green, red, yellow } from 'yoctocolors'
import type { Phase, WorkloadRecord } from '../../domain/records.ts'
import type { StatusReport } from '../../flow/operate.ts'
import { formatProblem } from '../../manifests/problems.ts'

/** Prints, and answers the exit status: 1 when something needs a person. */
export function printStatus(report: StatusReport, name: string | undefined, json: boolean): number {
  const failed = report.workloads.some(({ status }) => status.phase === 'Failed')
  const wrong = report.sources.some(({ problems, braked }) => problems.length + braked.length > 0)
  if (json) console.log(JSON.stringify(name === undefined ? report : report.workloads[0], null, 2))
  else if (name === undefined) printAll(report)
  else for (const workload of report.workloads) printWorkload(workload)
  return failed || wrong ? 1 : 0
}

function printAll(report: StatusReport): void {
  if (report.workloads.length === 0) console.log('no workloads yet')
  for (const { name, status, generation, origin } of report.workloads) {
    console.log(`${name.padEnd(32)} ${phase(status.phase)} ${dim(`generation ${generation}, from ${origin.source}`)}`)
    if (status.error) console.log(`  ${red(status.error.message)}${status.error.fix ? `\n  ${status.error.fix}` : ''}`)
  }
  for (const { name, status } of report.systems) {
    if (status.phase !== 'Ready')
      console.log(`System ${name.padEnd(25)} ${phase(status.phase)} ${status.error?.message ?? ''}`)
  }
  for (const { name, problems, braked } of report.sources) {
    for (const problem of problems) console.log(`Source ${name}: ${formatProblem(problem)}`)
    if (braked.length > 0) {
      console.log(
        `Source ${name}: ${yellow(`no longer declares ${braked.join(', ')}`)}; retire them with \`fairway go ${name}\`, or declare them again`,
      )
    }
  }
}

function printWorkload({ name, status, generation, incarnation, origin, removals = {} }: WorkloadRecord): void {
  console.log(`${bold(name)}  ${phase(status.phase)}`)
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
  for (const [cluster, removal] of Object.entries(removals)) {
    console.log(
      `  leaves ${cluster}: ${removal.confirmed ? `confirmed by ${removal.confirmed}` : 'waits for the confirmation that its objects are gone'}`,
    )
  }
  if (status.error?.fix) console.log(`  ${status.error.fix}`)
}

function phase(name: Phase): string {
  const text = name.padEnd(15)
  return name === 'Ready' ? green(text) : name === 'Failed' ? red(text) : yellow(text)
}
