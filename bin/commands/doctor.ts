import { Command } from 'commander'
import { bold, dim, green, red, yellow } from 'yoctocolors'
import type { Finding } from '../../flow/doctor/check.ts'
import { exits, Unreachable, type Exit } from './exit.ts'
import { withTarget } from './target.ts'
import { targetOptions, type TargetOptions } from './where.ts'

interface Options extends TargetOptions {
  readonly cluster?: string
  readonly json?: boolean
}

export function doctorCommand(exit: Exit): Command {
  return targetOptions(new Command('doctor'))
    .description('Check an installation: secrets, GitHub, repositories, Port, NATS, roles, clusters. Changes nothing.')
    .option('--cluster <name>', 'only what this Cluster needs')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fairway doctor --dir ./state\n  $ fairway doctor --installation acme --region eu-west-1\n  $ fairway doctor --installation acme --cluster prod --json',
    )
    .action(async ({ cluster, json, ...options }: Options) => {
      await withTarget(options, async (target) => {
        const { diagnosis } = await target.operate({
          operation: 'doctor',
          ...(cluster === undefined ? {} : { cluster }),
        })
        if (diagnosis === undefined) {
          throw new Unreachable('the answer holds no diagnosis', { fix: 'use the version of the control plane' })
        }
        if (json) console.log(JSON.stringify(diagnosis, null, 2))
        else printFindings(diagnosis.findings)
        exit.code = diagnosis.healthy ? exits.fine : exits.refused
      })
    })
}

const marks: Readonly<Record<Finding['result'], string>> = {
  ok: green('✓'),
  failed: red('✗'),
  warning: yellow('!'),
  skipped: dim('-'),
}

/** What needs somebody comes last, where it is read. */
const order: readonly Finding['result'][] = ['skipped', 'ok', 'warning', 'failed']

function printFindings(findings: readonly Finding[]): void {
  for (const result of order) {
    for (const finding of findings.filter((one) => one.result === result)) {
      const { id, what, message, fix } = finding
      const bad = result === 'failed' || result === 'warning'
      console.log(`${marks[result]} ${bad ? bold(what) : what}${bad ? '' : dim(`: ${message}`)}`)
      if (bad) console.log(`    ${message} ${dim(`(${id})`)}`)
      if (fix !== undefined) console.log(`    ${yellow('→')} ${fix}`)
    }
  }
  const count = (result: Finding['result']) => findings.filter((one) => one.result === result).length
  console.log(
    `${findings.length} checks: ${count('ok')} ok, ${count('failed')} failed, ${count('warning')} warnings, ${count('skipped')} skipped`,
  )
}
