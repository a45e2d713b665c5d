import { expect, it } from 'vitest'
import { RetryLater, Terminal } from '../domain/errors.ts'
import { gitSourceHeads } from './heads.ts'
import type { GitRemote } from './remote.ts'

const sources = (count: number, host: string) =>
  Array.from({ length: count }, (_, index) => ({
    name: `${host}-${index}`,
    location: { url: `https://${host}.example/${index}.git` },
  }))

function counted(answer: (url: string) => Error) {
  const seen = { calls: [] as string[], most: 0, now: 0 }
  const remote: GitRemote = {
    async call({ url }) {
      seen.calls.push(new URL(url).host)
      seen.most = Math.max(seen.most, ++seen.now)
      await new Promise((resolve) => setImmediate(resolve))
      seen.now -= 1
      throw answer(url)
    },
  }
  return { seen, heads: gitSourceHeads({ remote }) }
}

it('a host that stays silent is given up on for this look, and others are asked to the last', async () => {
  const { seen, heads } = counted((url) =>
    url.includes('down') ? new RetryLater('cannot be reached') : new Terminal('was not found'),
  )
  const found = await heads.heads([...sources(200, 'down'), ...sources(60, 'up')])
  expect(seen.calls.filter((host) => host === 'up.example')).toHaveLength(60)
  // Those that were under way when it became clear are asked to their end.
  expect(seen.calls.filter((host) => host === 'down.example').length).toBeLessThan(40)
  expect(found.size).toBe(260)
  expect(found.get('down-199')?.failure).toMatchObject({ type: 'RetryLater' })
  expect(found.get('up-59')?.failure).toMatchObject({ type: 'Terminal' })
})

it('hosts are asked for some repositories at a time, and not for all at once', async () => {
  const { seen, heads } = counted(() => new Terminal('was not found'))
  await heads.heads(sources(100, 'up'))
  expect(seen.most).toBeGreaterThan(1)
  expect(seen.most).toBeLessThanOrEqual(16)
})
