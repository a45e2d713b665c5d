import { Command } from 'commander'
import { systemClock } from '../../domain/effects.ts'
import type { Phase } from '../../domain/records.ts'
import type { Operated, Operation } from '../../flow/operations/model.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { exits, type Exit } from './exit.ts'
import { withTarget, type Target } from './target.ts'
import { waitFor, waitOptions, type Waited, type WaitOptions } from './wait.ts'
import { targetOptions, type TargetOptions } from './where.ts'

/** What commands have in common that ask a control plane for an operation. */

export interface Options extends TargetOptions {
  readonly json?: boolean
}

export function operation(name: string, description: string): Command {
  return targetOptions(new Command(name).description(description)).option('--json', 'answer as JSON')
}

export function waiting(name: string, description: string): Command {
  return waitOptions(operation(name, description))
}

export async function carryOut(exit: Exit, options: Options & Partial<WaitOptions>, request: Operation): Promise<void> {
  await withTarget(options, async (target) => {
    const result = await target.operate(request)
    if (!options.json) printResult(result)
    const waited = options.wait === true ? await wait(target, result, options) : undefined
    if (options.json) console.log(JSON.stringify({ ...result, ...waited }, null, 2))
    exit.code = codeOf(result, waited, request.operation === 'retire' ? ['Retired'] : undefined)
  })
}

async function wait(target: Target, result: Operated, options: Options & Partial<WaitOptions>): Promise<Waited> {
  const { timeout = 0, json } = options
  const print = (line: string) => (json ? console.error(line) : console.log(line))
  const waited = await waitFor(target, result.started ?? [], { timeout, clock: systemClock, print })
  if (waited.open.length > 0) {
    console.error(`fairway: not settled within ${timeout / 1000} s: ${waited.open.join(', ')}`)
    console.error('         it goes on; look again with `fairway status`')
  }
  return waited
}

/** Waiting for somebody's image or secret is no failure: the rest is done. */
const fine: readonly Phase[] = ['Ready', 'AwaitingImage', 'AwaitingSecret', 'Pending', 'Retired']

function codeOf(result: Operated, waited: Waited | undefined, wanted: readonly Phase[] = fine): number {
  if (result.result === 'refused') return exits.refused
  if (waited === undefined) return exits.fine
  if (waited.open.length > 0) return exits.late
  return waited.progress.every(({ phase }) => wanted.includes(phase)) ? exits.fine : exits.refused
}

function printResult(result: Operated): void {
  for (const problem of result.problems ?? []) console.error(formatProblem(problem))
  console.log(result.message)
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
}
