import { Command } from 'commander'
import { runDemo } from '../../local/demo/run.ts'
import { exits, type Exit } from './exit.ts'

export function demoCommand(exit: Exit): Command {
  return new Command('demo')
    .description('Run the whole way on this machine: a form and a push to commits in two cluster repositories.')
    .option(
      '--dir <dir>',
      'where state is kept; a new temporary directory when absent. Run twice on the same one to see what changes: nothing.',
    )
    .option('--drift', 'at the end somebody deletes a manifest by hand, which is named and put back')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fairway demo\n  $ fairway demo --dir ./demo && fairway demo --dir ./demo --drift',
    )
    .action(async ({ dir, drift }: { dir?: string; drift?: boolean }) => {
      const report = await runDemo({
        ...(dir === undefined ? {} : { directory: dir }),
        ...(drift === undefined ? {} : { drift }),
        print: (line) => console.log(line),
      })
      const put = report.drift === undefined || report.drift.repairedAt !== undefined
      exit.code = report.ready && put ? exits.fine : exits.refused
    })
}
