import { Command } from 'commander'
import { runDemo } from '../../local/demo/run.ts'
import type { Exit } from './exit.ts'

export function demoCommand(exit: Exit): Command {
  return new Command('demo')
    .description('Run the whole way on this machine: a form and a push to commits in two cluster repositories.')
    .option(
      '--dir <dir>',
      'where state is kept; a new temporary directory when absent. Run twice on the same one to see what changes: nothing.',
    )
    .addHelpText('after', '\nExamples:\n  $ fairway demo\n  $ fairway demo --dir ./demo && fairway demo --dir ./demo')
    .action(async (options: { dir?: string }) => {
      const report = await runDemo({
        ...(options.dir === undefined ? {} : { directory: options.dir }),
        print: (line) => console.log(line),
      })
      exit.code = report.ready ? 0 : 1
    })
}
