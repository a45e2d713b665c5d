import type { Command } from 'commander'
import { carryOut, examples, operation, waiting, type Options } from './carryout.ts'
import type { Exit } from './exit.ts'
import { readFiles } from './files.ts'
import { listCommand } from './list.ts'
import { rotate } from './rotate.ts'
import type { WaitOptions } from './wait.ts'

/** Commands that a person gives to a control plane. */
export const operationCommands = [apply, listCommand, reconcile, rotate, retire, adopt, transfer, go] as const

function apply(exit: Exit): Command {
  return waiting('apply', 'Declare System, Cluster, Source or Workload manifests.')
    .argument('<file...>', 'manifests, or directories of them')
    .addHelpText(
      'after',
      examples(
        'fairway apply platform/ --dir ./state',
        'fairway apply platform/ --profile platform --region eu-west-1 --wait',
      ),
    )
    .action(async (paths: string[], options: Options & WaitOptions) => {
      const files = await readFiles(paths)
      return carryOut(exit, options, { operation: 'apply', files })
    })
}

function reconcile(exit: Exit): Command {
  return waiting('reconcile', 'Look at a workload now; writes nothing when all is well.')
    .argument('<workload>', 'system/name')
    .addHelpText(
      'after',
      examples(
        'fairway reconcile policy-admin/quotes --dir ./state',
        'fairway reconcile policy-admin/quotes --installation acme --wait --timeout 5m',
      ),
    )
    .action((workload: string, options: Options & WaitOptions) =>
      carryOut(exit, options, { operation: 'reconcile', workload }),
    )
}

function retire(exit: Exit): Command {
  return waiting(
    'retire',
    'Take a workload away: manifests, then roles, credentials and secrets, with recovery windows.',
  )
    .argument('<workload>', 'system/name')
    .option('--confirm <cluster>', 'its objects are gone from this cluster, although Argo CD did not say so')
    .addHelpText(
      'after',
      examples(
        'fairway retire policy-admin/quotes --dir ./state',
        'fairway retire policy-admin/quotes --installation acme --wait --timeout 1h',
        'fairway retire policy-admin/quotes --confirm dev --installation acme',
      ),
    )
    .action((workload: string, options: Options & WaitOptions & { confirm?: string }) =>
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
    .requiredOption('--to <source>', 'name of the Source; `apply` for `fairway apply`')
    .addHelpText('after', examples('fairway transfer policy-admin/quotes --to policy-admin-services --dir ./state'))
    .action((workload: string, options: Options & { to: string }) =>
      carryOut(exit, options, { operation: 'transfer', workload, to: options.to }),
    )
}

function go(exit: Exit): Command {
  return (
    operation('go', 'Let the removals pass that the brake stopped: of a Source, or of a look at the fleet.')
      .argument('<what>', 'name of the Source, or part of the fleet as `fairway drift` names it')
      .addHelpText(
        'after',
        examples(
          'fairway go policy-admin-services --dir ./state',
          'fairway go place/111122223333/eu-west-1 --installation acme',
        ),
      )
      // Names of Sources have no slash, those of parts of the fleet have.
      .action((what: string, options: Options) =>
        carryOut(exit, options, { operation: 'go', ...(what.includes('/') ? { shard: what } : { source: what }) }),
      )
  )
}
