import { Command, Option } from 'commander'
import { systemClock } from '../../domain/effects.ts'
import type { Phase } from '../../domain/records.ts'
import type { StatusQuery, StatusReport } from '../../flow/operations/model.ts'
import type { Exit } from './exit.ts'
import { printReport, printWorkload, statusCode } from './status.ts'
import { withTarget, type Target } from './target.ts'
import { targetOptions, type TargetOptions } from './where.ts'

interface Options extends TargetOptions {
  readonly json?: boolean
  readonly system?: string
  readonly phase?: readonly Phase[]
  readonly all?: boolean
}

const phases: readonly Phase[] = [
  'Pending',
  'AwaitingImage',
  'AwaitingSecret',
  'Ready',
  'Failed',
  'Retiring',
  'Retired',
]

export function listCommand(exit: Exit): Command {
  return targetOptions(
    new Command('status').description('Show workloads, systems and sources, or everything about one workload.'),
  )
    .argument('[workload]', 'system/name')
    .option('--system <name>', 'only this System and its workloads')
    .addOption(new Option('--phase <phase...>', 'only workloads in these phases').choices(phases))
    .option('--all', 'each workload, however many there are; above a hundred those that are Ready are only counted')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async (name: string | undefined, options: Options) => {
      await withTarget(options, async (target) => {
        if (name !== undefined) return showOne(exit, target, name, options)
        const report = await wholeReport(target, {
          ...(options.system === undefined ? {} : { system: options.system }),
          ...(options.phase === undefined ? {} : { phases: options.phase }),
        })
        if (options.json) console.log(JSON.stringify(report, null, 2))
        else printReport(report, options.all === true || options.phase !== undefined)
        exit.code = statusCode(report)
      })
    })
}

const examples = `
Examples:
  $ fairway status --dir ./state
  $ fairway status --installation acme --system policy-admin --phase Failed AwaitingSecret
  $ fairway status policy-admin/quotes --profile platform --json`

async function showOne(exit: Exit, target: Target, name: string, options: Options): Promise<void> {
  const { workload, overlap, mode } = await target.operate({ operation: 'status', name })
  if (workload === undefined) return
  if (options.json) console.log(JSON.stringify({ ...workload, ...(mode === undefined ? {} : { mode }) }, null, 2))
  else printWorkload(workload, { overlap, mode, now: systemClock.now() })
  exit.code = workload.status.phase === 'Failed' ? 1 : 0
}

/** All parts as one. */
async function wholeReport(target: Target, query: StatusQuery): Promise<StatusReport> {
  const counts: { [Name in Phase]?: number } = {}
  const parts: StatusReport[] = []
  for (let cursor: string | undefined; ;) {
    const at = cursor === undefined ? {} : { cursor }
    const { status } = await target.operate({ operation: 'status', ...query, ...at })
    if (status === undefined) break
    parts.push(status)
    for (const name of phases) {
      const count = (counts[name] ?? 0) + (status.counts[name] ?? 0)
      if (count > 0) counts[name] = count
    }
    cursor = status.cursor
    if (cursor === undefined) break
  }
  return {
    systems: parts.flatMap(({ systems }) => systems),
    sources: parts.flatMap(({ sources }) => sources),
    workloads: parts.flatMap(({ workloads }) => workloads),
    counts,
    ...parts.slice(0, 1).map(({ fleet }) => (fleet === undefined ? {} : { fleet }))[0],
  }
}
