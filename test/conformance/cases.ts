import { expect } from 'vitest'
import type { Clients } from './clients.ts'

/** One row of the conformance table. */
export interface Case {
  readonly service: keyof Clients
  /** What AWS promises. */
  readonly rule: string
  /** Why moto is not asked: what it lacks or answers differently from AWS's documentation, with the reference. */
  readonly moto?: string
  /** Sets up, calls, and holds the answer against what is expected. */
  run(aws: Clients): Promise<void>
}

interface Row<Given, Result> {
  readonly rule: string
  readonly moto?: string
  readonly given?: (aws: Clients) => Promise<Given>
  readonly when: (aws: Clients, given: Given) => Promise<Result>
  readonly then: ErrorExpectation | ((result: Result, given: Given, aws: Clients) => void | Promise<void>)
}

interface ErrorExpectation {
  /** The exception's name, as the SDK throws it. */
  readonly error: string
  readonly status: number
}

/** For one service, what makes a row of its table a case. */
export function casesOf(service: keyof Clients) {
  return <Given, Result>(row: Row<Given, Result>): Case => ({
    service,
    rule: row.rule,
    ...(row.moto === undefined ? {} : { moto: row.moto }),
    run: (aws) => run(row, aws),
  })
}

export function error(name: string, status = 400): ErrorExpectation {
  return { error: name, status }
}

async function run<Given, Result>(row: Row<Given, Result>, aws: Clients): Promise<void> {
  const given = (await row.given?.(aws)) as Given
  if (typeof row.then === 'function') return row.then(await row.when(aws, given), given, aws)
  await expect(row.when(aws, given)).rejects.toMatchObject({
    name: row.then.error,
    $metadata: { httpStatusCode: row.then.status },
  })
}
