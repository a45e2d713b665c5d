import type { Clock } from '../../domain/effects.ts'
import { toFailure } from '../../domain/errors.ts'
import { failed, type Check, type Finding, type Verdict } from './check.ts'

/** `work`, or undefined when it takes longer; what it still does then is of no interest. */
export type Within = <Result>(milliseconds: number, work: Promise<Result>) => Promise<Result | undefined>

export interface Limits {
  /** Milliseconds for one check. */
  readonly each: number
  /** Milliseconds for all of them. */
  readonly all: number
  readonly parallel: number
}

/**
 * API Gateway ends a request after 30 seconds; a provisioning function that starts cold and tries servers that do not
 * answer takes about ten. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const usualLimits: Limits = { each: 12_000, all: 25_000, parallel: 64 }

/** All of them side by side, each with its own time: one that hangs is a failed check. In the order of `checks`. */
export async function runChecks(
  checks: readonly Check[],
  { clock, within }: { readonly clock: Pick<Clock, 'now'>; readonly within: Within },
  limits: Limits = usualLimits,
): Promise<readonly Finding[]> {
  const end = clock.now() + limits.all
  const findings: Finding[] = []
  const open = checks.entries()
  const work = async () => {
    for (const [index, check] of open) {
      const { id, what, fix } = check
      const verdict = await examine(check, within, Math.min(limits.each, end - clock.now()))
      const needsFix = verdict.result === 'failed' || verdict.result === 'warning'
      findings[index] = { id, what, ...verdict, ...(needsFix ? { fix: verdict.fix ?? fix } : {}) }
    }
  }
  await Promise.all(Array.from({ length: limits.parallel }, work))
  return findings
}

async function examine(check: Check, within: Within, milliseconds: number): Promise<Verdict> {
  if (milliseconds <= 0) {
    return failed('there was no time left to look', 'look at one cluster at a time: fairway doctor --cluster NAME')
  }
  const verdict = await within(milliseconds, attempt(check))
  return verdict ?? failed(`no answer within ${Math.round(milliseconds / 1000)} seconds`)
}

async function attempt(check: Check): Promise<Verdict> {
  try {
    return await check.run()
  } catch (error) {
    const { message, fix } = toFailure(error)
    return failed(message, fix)
  }
}
