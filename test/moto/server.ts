import { expect, test } from 'vitest'
import { findMoto } from '../conformance/moto.ts'

export { startMoto, type Moto } from '../conformance/moto.ts'

/** Undefined: these tests are skipped, and say so. */
export const binary = findMoto()

/** A cold Python on a busy machine. */
export const startingMoto = 150_000

export function motoMayBeAbsent(): void {
  test.runIf(binary === undefined)('moto may be absent, where nobody insists on it', (context) => {
    expect(process.env['FAIRWAY_REQUIRE_SERVERS']).toBeUndefined()
    context.skip('there is no moto_server: run test/servers/install.sh, or set MOTO_SERVER_BIN')
  })
}

/** For the output of the tests: what moto lacks. */
export function lines(title: string, items: readonly string[]): string {
  return `\n${[`${title}:`, ...items.map((item) => `  ${item}`)].join('\n')}\n`
}
