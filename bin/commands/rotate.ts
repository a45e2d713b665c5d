import { InvalidArgumentError, type Command } from 'commander'
import { createInterface } from 'node:readline/promises'
import { Terminal } from '../../domain/errors.ts'
import type { RotateRequest } from '../../flow/operations/model.ts'
import { cutOff } from '../../flow/operations/rotate.ts'
import { carryOut, examples, waiting, type Options } from './carryout.ts'
import { Usage, type Exit } from './exit.ts'
import type { WaitOptions } from './wait.ts'

interface RotateOptions extends Options, WaitOptions {
  readonly account?: string
  readonly cluster?: string
  readonly entry?: string
  readonly key?: boolean
  readonly now?: boolean
  readonly to?: number
  readonly yes?: boolean
}

export function rotate(exit: Exit): Command {
  return waiting(
    'rotate',
    'Make new credentials of a workload: NATS, and secrets that Fairway generates. Those in use go on working until nobody uses them.',
  )
    .argument('[workload]', 'system/name')
    .option('--cluster <cluster>', 'only there')
    .option('--entry <entry>', 'only this one: `nats`, or the name of a secret')
    .option('--key', 'NATS: replace the key that issues them as well')
    .option('--now', `revoke: ${cutOff}`)
    .option('--to <generation>', 'go back to an earlier generation that still works', parseGeneration)
    .option('--account <account>', 'system/environment: the keys and credentials of every role in that NATS account')
    .option('--yes', 'with --now: do not ask')
    .addHelpText(
      'after',
      examples(
        'fairway rotate policy-admin/quotes --dir ./state',
        'fairway rotate policy-admin/quotes --cluster prod --entry nats --installation acme --wait',
        'fairway rotate policy-admin/quotes --entry nats --key --now --yes --installation acme',
        'fairway rotate policy-admin/quotes --cluster prod --entry nats --to 3 --installation acme',
        'fairway rotate --account policy-admin/prod --installation acme',
      ),
    )
    .action(async (workload: string | undefined, options: RotateOptions) => {
      const request = requestOf(workload, options)
      if (options.now && !options.yes) await confirm(workload ?? options.account ?? '')
      return carryOut(exit, options, { operation: 'rotate', ...request })
    })
}

function requestOf(workload: string | undefined, options: RotateOptions): RotateRequest {
  const { account, cluster, entry, key, now, to } = options
  if ((workload === undefined) === (account === undefined)) {
    throw new Usage('what is to be rotated?', { fix: 'give a workload (system/name), or --account system/environment' })
  }
  const given = Object.entries({ workload, account, cluster, entry, key, now, to })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

/** Nobody who types a command by habit, and no script, cuts a running service off by it. */
async function confirm(what: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Usage(`--now: ${cutOff}`, { fix: 'add --yes if that is what you want' })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${what}: ${cutOff}. Go on? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Terminal('nothing was changed')
  } finally {
    terminal.close()
  }
}

function parseGeneration(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a generation is a number from 1')
  return Number(text)
}
