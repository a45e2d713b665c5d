import { describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import { ok, skipped, warning, type Check } from './check.ts'
import { runChecks, type Within } from './run.ts'

const limits = { each: 1000, all: 3000, parallel: 2 }
const check = (id: string, run: Check['run']): Check => ({ id, what: id, fix: `mend ${id}`, run })

/** Whatever is not settled when nothing else is left to do takes too long. */
const within: Within = (_milliseconds, work) =>
  Promise.race([work, new Promise<undefined>((resolve) => setImmediate(() => setImmediate(() => resolve(undefined))))])

function running(checks: readonly Check[], now: () => number = () => 0) {
  return runChecks(checks, { clock: { now }, within }, limits)
}

describe('checks', () => {
  it('come out in their order, and one that hangs is failed without holding up the others', async () => {
    const findings = await running([
      check('a', () => new Promise(() => undefined)),
      check('b', async () => ok('fine')),
      check('c', async () => skipped('not here')),
    ])
    expect(findings).toEqual([
      { id: 'a', what: 'a', result: 'failed', message: 'no answer within 1 seconds', fix: 'mend a' },
      { id: 'b', what: 'b', result: 'ok', message: 'fine' },
      { id: 'c', what: 'c', result: 'skipped', message: 'not here' },
    ])
  })

  it('that throw are failed: with the error’s own fix, else the check’s', async () => {
    const findings = await running([
      check('a', async () => {
        throw new Terminal('refused', { fix: 'let it in' })
      }),
      check('b', async () => {
        throw new Terminal('refused')
      }),
      check('c', async () => warning('soon')),
    ])
    expect(findings.map(({ message, fix }) => [message, fix])).toEqual([
      ['refused', 'let it in'],
      ['refused', 'mend b'],
      ['soon', 'mend c'],
    ])
  })

  it('P3: an error that nobody made for people is not repeated', async () => {
    const [finding] = await running([
      check('a', async () => {
        throw new TypeError('Invalid header: Bearer s3cr3t')
      }),
    ])
    expect(JSON.stringify(finding)).not.toContain('s3cr3t')
  })

  it('for which no time is left are failed, and say how to look at less', async () => {
    let time = 0
    const slow = async () => {
      time += 2000
      return ok('')
    }
    const findings = await running(
      ['a', 'b', 'c', 'd', 'e'].map((id) => check(id, slow)),
      () => time,
    )
    expect(findings.map(({ result }) => result)).toContain('failed')
    expect(findings.find(({ result }) => result === 'failed')?.fix).toMatch(/--cluster/)
  })
})
