import { InvalidArgumentError } from 'commander'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { Asked, Progress, Started } from '../../flow/operations/model.ts'
import { parseDuration, waitFor } from './wait.ts'

const started = (name: string): Started => ({ kind: 'Workload', name, generation: 1, fence: 1 })
const at = (name: string, phase: Progress['phase'], more: Partial<Progress> = {}): Progress => {
  const observed = phase === 'Pending' ? 0 : 1
  return { ...started(name), phase, observedGeneration: observed, busy: false, messages: [], ...more }
}

/** A control plane that answers with one look after the other, and then with the last. */
function looks(...each: readonly (readonly Progress[])[]) {
  const asked: string[][] = []
  let time = 0
  return {
    asked,
    slept: () => time,
    clock: { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) },
    target: {
      pause: 1000,
      operate: async (request: Asked) => {
        if (request.operation !== 'status' || request.of === undefined) throw new Terminal('not asked for progress')
        asked.push(request.of.map(({ name }) => name))
        const wanted = new Set(request.of.map(({ name }) => name))
        const seen = each[Math.min(asked.length, each.length) - 1] ?? []
        return { result: 'done', message: '', progress: seen.filter(({ name }) => wanted.has(name)) } as const
      },
    },
  }
}

async function wait(world: ReturnType<typeof looks>, names: readonly string[], timeout = 60_000) {
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  const waited = await waitFor(world.target, names.map(started), { timeout, clock: world.clock, print })
  return { ...waited, lines: lines.map((line) => stripVTControlCharacters(line).replace(/ +/g, ' ')) }
}

describe('waiting', () => {
  it('ends when all is settled, asks only for what is not, and says each change once', async () => {
    const world = looks(
      [at('s/a', 'Pending'), at('s/b', 'Pending')],
      [at('s/a', 'Ready'), at('s/b', 'Pending')],
      [at('s/b', 'AwaitingSecret', { messages: ['stripe lacks apiKey'] })],
    )
    const { lines, open } = await wait(world, ['s/a', 's/b'])
    expect(lines).toEqual(['s/a Pending', 's/b Pending', 's/a Ready', 's/b AwaitingSecret stripe lacks apiKey'])
    expect(world.asked).toEqual([['s/a', 's/b'], ['s/a', 's/b'], ['s/b']])
    expect(open).toEqual([])
  })

  it('goes on through a failure that may pass, and ends with one that does not', async () => {
    const failed = (type: 'RetryLater' | 'Terminal') =>
      at('s/a', 'Failed', { observedGeneration: 0, error: { type, message: 'no role', fix: 'make one' } })
    const { lines, open } = await wait(looks([failed('RetryLater')], [failed('Terminal')]), ['s/a'])
    expect(open).toEqual([])
    expect(lines).toEqual(['s/a Failed no role; make one'])
  })

  it('ends when time is up, and names what is open', async () => {
    const world = looks([at('s/a', 'Ready'), at('s/b', 'Ready', { busy: true })])
    const { open } = await wait(world, ['s/a', 's/b'], 2500)
    expect(open).toEqual(['s/b'])
    expect(world.slept()).toBe(2500)
  })

  it('has nothing to do where nothing was started', async () => {
    const world = looks([])
    expect(await wait(world, [])).toMatchObject({ open: [], progress: [] })
    expect(world.slept()).toBe(0)
  })

  it('asks for many in parts that one answer holds, and not more often for that', async () => {
    const names = Array.from({ length: 250 }, (_, index) => `s/w${index}`)
    const world = looks(
      ...Array.from({ length: 3 }, () => names.map((name) => at(name, 'Pending'))),
      names.map((name) => at(name, 'Ready')),
    )
    expect((await wait(world, names)).open).toEqual([])
    expect(world.asked.map(({ length }) => length)).toEqual([100, 100, 50, 100, 100, 50])
    expect(world.slept()).toBe(3000)
  })
})

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  it.each(['', '10', '1d', '-5s', '1.5h'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError)
  })
})
