import { Command } from 'commander'
import { formatProblem } from '../../manifests/problems.ts'
import type { Operation } from '../../flow/operate.ts'
import { readFiles } from './files.ts'
import type { Exit } from './exit.ts'
import { printStatus } from './status.ts'
import { operateOn } from './target.ts'

interface Options {
  readonly dir: string
  readonly json?: boolean
}

/** Commands that a person gives to a control plane. */
export const operationCommands = [apply, status, reconcile, retire, adopt, transfer, go] as const

function apply(exit: Exit): Command {
  return operation('apply', 'Declare System, Cluster, Source or Workload manifests.')
    .argument('<file...>', 'manifests, or directories of them')
    .addHelpText('after', examples('fairway apply platform/ --dir ./state'))
    .action(async (paths: string[], options: Options) =>
      carryOut(exit, options, { operation: 'apply', files: await readFiles(paths) }),
    )
}

function status(exit: Exit): Command {
  return operation('status', 'Show workloads, systems and sources, or everything about one workload.')
    .argument('[workload]', 'system/name')
    .addHelpText(
      'after',
      examples('fairway status --dir ./state', 'fairway status policy-admin/quotes --dir ./state --json'),
    )
    .action(async (name: string | undefined, options: Options) => {
      const result = await operateOn(options.dir, { operation: 'status', ...(name === undefined ? {} : { name }) })
      if (result.status) exit.code = printStatus(result.status, name, options.json === true)
    })
}

function reconcile(exit: Exit): Command {
  return operation('reconcile', 'Look at a workload now; writes nothing when all is well.')
    .argument('<workload>', 'system/name')
    .addHelpText('after', examples('fairway reconcile policy-admin/quotes --dir ./state'))
    .action((workload: string, options: Options) => carryOut(exit, options, { operation: 'reconcile', workload }))
}

function retire(exit: Exit): Command {
  return operation(
    'retire',
    'Take a workload away: manifests, then roles, credentials and secrets, with recovery windows.',
  )
    .argument('<workload>', 'system/name')
    .option('--confirm <cluster>', 'its objects are gone from this cluster, although Argo CD did not say so')
    .addHelpText(
      'after',
      examples(
        'fairway retire policy-admin/quotes --dir ./state',
        'fairway retire policy-admin/quotes --confirm dev --dir ./state',
      ),
    )
    .action((workload: string, options: Options & { confirm?: string }) =>
      carryOut(exit, options, {
        operation: 'retire',
        workload,
        ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
      }),
    )
}

function adopt(exit: Exit): Command {
  return operation('adopt', 'Let a workload take over something that exists; `fairway status` gives the exact command.')
    .argument('<workload>', 'system/name')
    .argument('<key>', 'what it is: capability/cluster/name')
    .argument('<id>', 'ARN or name of what exists')
    .addHelpText('after', examples('fairway adopt policy-admin/quotes ecr/-/repository arn:aws:ecr:… --dir ./state'))
    .action((workload: string, key: string, id: string, options: Options) =>
      carryOut(exit, options, { operation: 'adopt', workload, key, id }),
    )
}

function transfer(exit: Exit): Command {
  return operation('transfer', 'Let another Source declare a workload from now on.')
    .argument('<workload>', 'system/name')
    .requiredOption('--to <source>', 'name of the Source')
    .addHelpText('after', examples('fairway transfer policy-admin/quotes --to policy-admin-services --dir ./state'))
    .action((workload: string, options: Options & { to: string }) =>
      carryOut(exit, options, { operation: 'transfer', workload, to: options.to }),
    )
}

function go(exit: Exit): Command {
  return operation('go', 'Let the removals of a Source pass that the brake stopped.')
    .argument('<source>', 'name of the Source')
    .addHelpText('after', examples('fairway go policy-admin-services --dir ./state'))
    .action((source: string, options: Options) => carryOut(exit, options, { operation: 'go', source }))
}

function operation(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--dir <dir>', 'directory of a local control plane')
    .option('--json', 'answer as JSON')
}

async function carryOut(exit: Exit, options: Options, request: Operation): Promise<void> {
  const result = await operateOn(options.dir, request)
  exit.code = result.result === 'refused' ? 1 : 0
  if (options.json) return console.log(JSON.stringify(result, null, 2))
  for (const problem of result.problems ?? []) console.error(formatProblem(problem))
  console.log(result.message)
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
}
