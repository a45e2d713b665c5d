import { Command } from 'commander'
import { exits, type Exit } from './exit.ts'
import { withTarget } from './target.ts'
import { targetOptions, type TargetOptions } from './where.ts'

interface Options extends TargetOptions {
  readonly confirm: string
}

export function restoreCommand(exit: Exit): Command {
  return targetOptions(new Command('restore'))
    .description(
      'After the table was lost, and everything was declared again: take for ours what has our name and our tag.',
    )
    .requiredOption('--confirm <installation>', 'the name of the installation')
    .addHelpText(
      'after',
      '\ndocs/backup.md says what comes before and after.\n\nExamples:\n  $ fairway restore --confirm acme --installation acme\n  $ fairway restore --confirm local --dir ./state',
    )
    .action(async ({ confirm, ...options }: Options) => {
      await withTarget(options, async (target) => {
        let cursor: string | undefined
        do {
          const request = { operation: 'restore', confirm, ...(cursor === undefined ? {} : { cursor }) } as const
          const answer = await target.operate(request)
          console.log(answer.message)
          cursor = answer.cursor
        } while (cursor !== undefined)
        exit.code = exits.fine
      })
    })
}
