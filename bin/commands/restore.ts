import type { Command } from 'commander'
import type { Operated } from '../../flow/operations/model.ts'
import { examples, operation, type Options } from './carryout.ts'
import { exits, type Exit } from './exit.ts'
import { withTarget } from './target.ts'

export function restoreCommand(exit: Exit): Command {
  return operation(
    'restore',
    'After the table was lost, and everything was declared again: take for ours what has our name and our tag.',
  )
    .requiredOption('--confirm <installation>', 'the name of the installation')
    .addHelpText(
      'after',
      `\ndocs/backup.md says what comes before and after.\n${examples(
        'fairway restore --confirm acme --installation acme',
        'fairway restore --confirm local --dir ./state',
      )}`,
    )
    .action(async ({ confirm, json, ...options }: Options & { readonly confirm: string }) => {
      await withTarget(options, async (target) => {
        const parts: Operated[] = []
        let cursor: string | undefined
        do {
          const request = { operation: 'restore', confirm, ...(cursor === undefined ? {} : { cursor }) } as const
          const answer = await target.operate(request)
          parts.push(answer)
          if (!json) console.log(answer.message)
          cursor = answer.cursor
        } while (cursor !== undefined)
        if (json)
          console.log(JSON.stringify({ parts: parts.map(({ result, message }) => ({ result, message })) }, null, 2))
        exit.code = exits.fine
      })
    })
}
