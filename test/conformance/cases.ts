import { expect } from 'vitest'
import type { Clients } from './clients.ts'

/** One row of the conformance table. */
export interface Case {
  readonly service: Exclude<keyof Clients, 'implementation'>
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
  readonly expected: ErrorExpectation | ((result: Result, given: Given, aws: Clients) => unknown)
}

interface ErrorExpectation {
  /** The exception's name, as the SDK throws it. */
  readonly error: string
  readonly status: number
  /** Where moto has the right exception with another status. */
  readonly motoStatus: number
}

/** For one service, what makes a row of its table a case. */
export function casesOf(service: Case['service']) {
  return <Given, Result>(row: Row<Given, Result>): Case => ({
    service,
    rule: row.rule,
    ...(row.moto === undefined ? {} : { moto: row.moto }),
    run: (aws) => run(row, aws),
  })
}

export function error(name: string, status = 400, motoStatus = status): ErrorExpectation {
  return { error: name, status, motoStatus }
}

async function run<Given, Result>(row: Row<Given, Result>, aws: Clients): Promise<void> {
  const given = (await row.given?.(aws)) as Given
  if (typeof row.expected === 'function') {
    await row.expected(await row.when(aws, given), given, aws)
    return
  }
  await expect(row.when(aws, given)).rejects.toMatchObject({
    name: row.expected.error,
    $metadata: { httpStatusCode: aws.implementation === 'moto' ? row.expected.motoStatus : row.expected.status },
  })
}

/** In one order whatever the implementation's; what is missing comes first and shows. */
export function sorted(values: readonly (string | undefined)[]): string[] {
  return values.map((value) => value ?? '').sort()
}
