import { Command, InvalidArgumentError, Option } from 'commander'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startControlPlane, type ControlPlane } from '../../local/controlplane.ts'
import { progressPrinter } from '../../local/demo/progress.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { readFiles } from './files.ts'
import type { Exit } from './exit.ts'

const examplePlatform = fileURLToPath(new URL('../../examples/platform', import.meta.url))

interface LocalOptions {
  readonly dir: string
  readonly port: number
  readonly webhookSecret?: string
  readonly platform?: string
  readonly endpoint?: string
}

export function localCommand(_exit: Exit): Command {
  return new Command('local')
    .description('Run the control plane on this machine for your own webhooks, until Ctrl-C.')
    .requiredOption('--dir <dir>', 'where state is kept; survives restarts')
    .option('--port <port>', 'HTTP port on 127.0.0.1', parsePort, 8080)
    .option('--webhook-secret <secret>', 'signs all webhooks; without it the one that was used last, or a new one')
    .option(
      '--platform <dir>',
      'System, Cluster and Source manifests to apply at the start; the examples when nothing is declared yet',
    )
    .addOption(
      new Option('--endpoint <url>', 'an AWS to use instead of the simulated one: moto, LocalStack').env(
        'AWS_ENDPOINT_URL',
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ fairway local --dir ./state --port 8080 --webhook-secret "$SECRET"\n  $ fairway local --dir ./state --platform ../platform',
    )
    .action(async (options: LocalOptions) => {
      const controlPlane = await startControlPlane({
        directory: options.dir,
        port: options.port,
        ...(options.webhookSecret === undefined ? {} : { webhookSecret: options.webhookSecret }),
        ...(options.endpoint ? { endpoint: options.endpoint } : {}),
        onStep: progressPrinter((line) => console.log(line)),
        prepare: (started) => declare(started, options.platform),
      })
      try {
        console.log(`Fairway runs on ${options.dir} (process ${process.pid})`)
        for (const line of controlPlane.awsDescription) console.log(line)
        console.log(controlPlane.nats.description)
        for (const route of controlPlane.routes) console.log(`  ${route}`)
        console.log('Stop with Ctrl-C.')
        await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
      } finally {
        await controlPlane.stop()
      }
    })
}

async function declare(controlPlane: ControlPlane, platform: string | undefined): Promise<void> {
  const fresh = (await controlPlane.store.list('System')).length === 0
  const directory = platform ?? (fresh ? examplePlatform : undefined)
  if (directory === undefined) return
  const applied = await controlPlane.operate({ operation: 'apply', files: await readFiles([directory]) })
  console.log(`platform: ${applied.message}`)
  for (const problem of applied.problems ?? []) console.error(formatProblem(problem))
  await controlPlane.settle()
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return port
}
