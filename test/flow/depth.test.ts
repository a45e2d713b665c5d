import { expect, it } from 'vitest'
import { depthOfChange, type Depth } from '../support/depth.ts'

/** How far a change is from its commit, in calls of which each needs the answer of the one before. */

/** Of a push to a healthy workload with role, NATS and a secret, to the commit in its cluster repository. */
const most = 13
/** With every call of the store besides: more of them, each of a few milliseconds. */
const mostWithStore = 31

it('a push is in the cluster repository after at most 13 round trips one after another, the store apart', async () => {
  const depth = await depthOfChange({ apart: ['table'] })
  tell('the store apart', depth)
  expect(depth.trips).toBeLessThanOrEqual(most)
})

it('and after at most 31 with the store', async () => {
  const depth = await depthOfChange()
  tell('with the store', depth)
  expect(depth.trips).toBeLessThanOrEqual(mostWithStore)
})

function tell(what: string, { trips, path }: Depth): void {
  const calls = path.map(({ service, operation, from, to }) => `${service}.${operation}${'+'.repeat(to - from - 1)}`)
  process.stdout.write(`\nwebhook to commit, ${what}: ${trips} (${calls.join(' ')})\n`)
}
