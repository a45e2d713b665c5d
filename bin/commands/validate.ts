import { Command } from 'commander'
import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { Platform } from '../../flow/validate.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { validateFiles } from '../../lambdas/runtime/validation.ts'
import { readFiles } from './files.ts'
import type { Exit } from './exit.ts'

export function validateCommand(exit: Exit): Command {
  return new Command('validate')
    .description('Check manifests; prints file:line:column: message for each problem.')
    .argument('<file...>', 'manifests, or directories of them')
    .option(
      '--platform <dir>',
      'the platform team’s System, Cluster and Source manifests; without it, what needs a System is not checked',
    )
    .option('--source <name>', 'check as this Source would be: may it declare into these systems?')
    .option('--json', 'problems as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fairway validate fairway.yaml\n  $ fairway validate .fairway --platform ../platform --source quotes-repo',
    )
    .action(async (paths: string[], options: { platform?: string; source?: string; json?: boolean }) => {
      const files = await readFiles(paths)
      const platform = options.platform === undefined ? undefined : await readPlatform(options.platform)
      const { problems, resources } = validateFiles(files, {
        ...(platform ? { platform } : {}),
        ...(options.source === undefined ? {} : { source: { name: options.source, platform: false } }),
      })
      exit.code = problems.length > 0 ? 1 : 0
      if (options.json)
        return console.log(
          JSON.stringify({ problems, valid: resources.map(({ kind, name }) => ({ kind, name })) }, null, 2),
        )
      for (const problem of problems) console.error(formatProblem(problem))
      if (problems.length === 0)
        console.log(resources.length === 1 ? '1 resource is valid' : `${resources.length} resources are valid`)
      else console.error(problems.length === 1 ? '1 problem' : `${problems.length} problems`)
    })
}

/** The platform's own manifests must be valid: nothing can be checked against what is not. */
export async function readPlatform(directory: string): Promise<Platform> {
  const { resources, problems } = validateFiles(await readFiles([directory]))
  if (problems.length > 0) {
    throw new Terminal(`the platform has problems\n${problems.map(formatProblem).join('\n')}`)
  }
  const of = (kind: string) => resources.filter((resource) => resource.kind === kind)
  return {
    systems: of('System').map(({ name, spec }) => ({ name, spec }) as NamedSystem),
    clusters: of('Cluster').map(({ name, spec }) => ({ name, spec }) as NamedCluster),
  }
}
