import { InvalidArgumentError, Option, type Command } from 'commander'
import { green, red, yellow } from 'yoctocolors'
import type { Clock } from '../../domain/effects.ts'
import type { Progress, Started } from '../../flow/operations/model.ts'
import { isSettled, mostFollowed } from '../../flow/operations/progress.ts'
import type { Target } from './target.ts'

export interface WaitOptions {
  readonly wait?: boolean
  /** Milliseconds. */
  readonly timeout: number
}

export function waitOptions(command: Command): Command {
  const timeout = new Option('--timeout <time>', 'with --wait: at most this long, for example 90s, 10m or 1h')
  return command
    .option('--wait', 'until all of it is Ready, waits for an input, has failed, or is gone; a line for each change')
    .addOption(timeout.argParser(parseDuration).default(600_000, '10m'))
}

export interface Waited {
  readonly progress: readonly Progress[]
  /** Names of what was not settled when time was up. */
  readonly open: readonly string[]
}

/** Looks until everything that was started is settled, or time is up. */
export async function waitFor(
  target: Target,
  started: readonly Started[],
  options: { readonly timeout: number; readonly clock: Clock; readonly print: (line: string) => void },
): Promise<Waited> {
  const { clock, print } = options
  const end = clock.now() + options.timeout
  const seen = new Map<string, Progress>()
  const told = new Map<string, string>()
  for (let open: readonly Started[] = started; ;) {
    for (const progress of await lookAt(target, open)) {
      seen.set(nameOf(progress), progress)
      const text = describe(progress)
      if (told.get(nameOf(progress)) !== text) print(text)
      told.set(nameOf(progress), text)
    }
    open = open.filter((one) => {
      const progress = seen.get(nameOf(one))
      return progress !== undefined && !isSettled(progress, one)
    })
    const names = open.map(nameOf)
    if (open.length === 0 || clock.now() >= end) return { progress: [...seen.values()], open: names }
    // Many are asked for in several requests: not more of these a second than for few.
    const pause = target.pause * Math.ceil(open.length / mostFollowed)
    await clock.sleep(Math.min(pause, Math.max(0, end - clock.now())))
  }
}

async function lookAt(target: Target, open: readonly Started[]): Promise<readonly Progress[]> {
  const found: Progress[] = []
  for (let from = 0; from < open.length; from += mostFollowed) {
    const of = open.slice(from, from + mostFollowed).map(({ kind, name }) => ({ kind, name }))
    found.push(...((await target.operate({ operation: 'status', of })).progress ?? []))
  }
  return found
}

function nameOf({ kind, name }: Pick<Started, 'kind' | 'name'>): string {
  return kind === 'Workload' ? name : `${kind} ${name}`
}

function describe(progress: Progress): string {
  const { phase, error, messages } = progress
  const why = [
    ...new Set(error === undefined ? messages : [error.message, ...(error.fix === undefined ? [] : [error.fix])]),
  ]
  const colour = phase === 'Ready' || phase === 'Retired' ? green : phase === 'Failed' ? red : yellow
  const name = nameOf(progress).padEnd(32)
  return why.length === 0 ? `${name} ${colour(phase)}` : `${name} ${colour(phase.padEnd(15))} ${why.join('; ')}`
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,5})([smh])$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('write it as 90s, 10m or 1h')
  return Number(amount) * (units[unit] ?? 0)
}
