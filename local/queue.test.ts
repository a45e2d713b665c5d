import { describe, expect, it } from 'vitest'
import { testClock } from './aws/fixture.ts'
import { createLocalQueue } from './queue.ts'

const one = { url: 'https://git.example/one.git', branch: 'main' }
const two = { ...one, branch: 'next' }

interface Event {
  readonly Records: readonly {
    readonly body: string
    readonly attributes: { readonly ApproximateReceiveCount: string }
  }[]
}

function open(call: (changes: readonly string[], event: Event) => Promise<void>, tries?: number) {
  const logged: string[] = []
  const queue = createLocalQueue({
    clock: testClock(),
    log: (line) => logged.push(line),
    call: (event) =>
      call(
        (event as Event).Records.map(({ body }) => (JSON.parse(body) as { change: string }).change),
        event as Event,
      ),
    ...(tries === undefined ? {} : { tries }),
  })
  return { queue, logged }
}

describe('the queue in this process', () => {
  it('brings what gathered for one repository together, ten at most, in order, after the caller is done', async () => {
    const calls: (readonly string[])[] = []
    const { queue } = open(async (changes) => void calls.push(changes))
    const names = Array.from({ length: 23 }, (_, index) => `c${index}`)
    for (const name of names) await queue.wake(one, name)
    expect(calls).toEqual([])
    await queue.idle()
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3])
    expect(calls.flat()).toEqual(names)
    expect(queue.pending).toBe(0)
  })

  it('runs one call at a time for a repository, and others beside it', async () => {
    let running: string[] = []
    const seen: string[] = []
    const { queue } = open(async ([change = '']) => {
      running.push(change)
      seen.push(running.toSorted().join('+'))
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (change === 'a1') await queue.wake(one, 'a2')
      running = running.filter((each) => each !== change)
    })
    await queue.wake(one, 'a1')
    await queue.wake(two, 'b')
    await queue.idle()
    expect(seen).toContain('a1+b')
    expect(seen.filter((each) => each.includes('a1') && each.includes('a2'))).toEqual([])
    expect(seen.at(-1)).toContain('a2')
  })

  it('brings what a call failed for again, before anything that came later, and says how often', async () => {
    const calls: string[] = []
    const { queue, logged } = open(async (changes, { Records }) => {
      calls.push(`${changes.join()} ${Records[0]?.attributes.ApproximateReceiveCount}`)
      if (calls.length === 1) {
        await queue.wake(one, 'later')
        throw new Error('not now')
      }
    })
    await queue.wake(one, 'first')
    await queue.idle()
    expect(calls).toEqual(['first 1', 'first,later 2'])
    expect(logged).toEqual([])
  })

  it('gives up after so many tries, says so, and goes on with what came later', async () => {
    let calls = 0
    const { queue, logged } = open(async ([change]) => {
      calls += 1
      if (change === 'bad') throw new Error('never')
    }, 4)
    await queue.wake(one, 'bad')
    await new Promise((resolve) => setImmediate(resolve))
    await queue.wake(one, 'good')
    await queue.idle()
    expect(calls).toBe(5)
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('given up after 4 tries: Error: never')
  })
})
