import { type Command } from 'commander'
import { Usage } from './exit.ts'

/** Which control plane a command is for. */

export interface TargetOptions {
  readonly dir?: string
  readonly installation?: string
  readonly url?: string
  readonly profile?: string
  readonly region?: string
}

export type Where =
  | { readonly kind: 'local'; readonly directory: string }
  | { readonly kind: 'url'; readonly url: string; readonly profile?: string; readonly region?: string }
  | { readonly kind: 'stack'; readonly installation: string; readonly profile?: string; readonly region?: string }

export function targetOptions(command: Command): Command {
  return command
    .option('--dir <dir>', 'a local control plane: its directory')
    .option('--installation <name>', 'on AWS: the installation, whose stack is fairway-<name>; main when absent')
    .option('--profile <name>', 'on AWS: the profile whose credentials to use')
    .option('--region <region>', 'on AWS: where the installation is; else AWS_REGION, or the profile’s')
    .option('--url <url>', 'on AWS: where its operations are, instead of asking its stack; or FAIRWAY_URL')
    .addHelpText('after', targetHelp)
}

const targetHelp = `
Which control plane: --dir is one on this machine. Everything else is one on AWS, called with your AWS credentials:
--url, else the stack of --installation, else FAIRWAY_URL, else the stack fairway-main if --profile or --region is given.
Without any of these nothing is guessed.

Exit status: 0 done; 1 refused, or something needs a person; 2 wrong command; 3 not reached, or not let in; 4 --wait ran
out of time.`

/** What is written wins over what is in the environment; what is neither is not guessed. */
export function whereTo(options: TargetOptions, environment: Readonly<Record<string, string | undefined>>): Where {
  const { dir, installation, url, profile, region } = options
  const given = { ...(profile === undefined ? {} : { profile }), ...(region === undefined ? {} : { region }) }
  if (dir !== undefined) {
    const others = Object.entries({ installation, url, profile, region }).filter(([, value]) => value !== undefined)
    if (others.length > 0) {
      throw new Usage(`--dir is a control plane on this machine, --${others[0]?.[0]} is for one on AWS`, {
        fix: 'give one of the two',
      })
    }
    return { kind: 'local', directory: dir }
  }
  if (url !== undefined && installation !== undefined) {
    throw new Usage('--url and --installation both say where', { fix: 'give one of the two' })
  }
  const known = url ?? (installation === undefined ? environment['FAIRWAY_URL'] || undefined : undefined)
  if (known !== undefined) return { kind: 'url', url: known, ...given }
  if (installation !== undefined || profile !== undefined || region !== undefined) {
    return { kind: 'stack', installation: installation ?? 'main', ...given }
  }
  throw new Usage('which control plane?', {
    fix: 'give --dir DIR for one on this machine; --installation NAME, --profile or --region for one on AWS; or set FAIRWAY_URL',
  })
}
