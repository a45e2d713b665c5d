import { expect, it } from 'vitest'
import { RetryLater } from '../domain/errors.ts'
import { random, steppedClock } from '../test/contract/gitworlds.ts'
import { requestFor } from '../test/contract/gitrequests.ts'
import { commitTo } from './commit.ts'
import type { Repository } from './repository.ts'
import { alone, checkRequest } from './request.ts'

it('a push that is applied only after it had timed out here is found, and not doubled', async () => {
  const pushes: string[] = []
  let head = 'base'
  const repository: Repository = {
    synchronise: async () => head,
    owned: async () => ({ entries: new Map(), blocked: new Map() }),
    async *history() {
      if (head !== 'base') yield { id: head, tree: '', parents: ['base'], message: '' }
    },
    propose: async (parent) => ({ commit: `commit${pushes.length}`, parent, objects: [] }),
    async push({ commit }) {
      pushes.push(commit)
      if (pushes.length === 1) throw new RetryLater('no answer')
      // The first one arrives now, before the second.
      head = 'commit0'
      return { outcome: 'rejected', reason: 'the branch moved' }
    },
  }
  const request = checkRequest(alone(requestFor('https://git.example.com/x.git', { 'manifests/shop/quotes/x': '1' })))
  const [result] = await commitTo(repository, 'here', request, { clock: steppedClock(), random, attempts: 5 })
  expect(result).toMatchObject({ result: 'committed', commit: 'commit0' })
  expect(pushes).toEqual(['commit0', 'commit1'])
})

it('a push that was not answered is not tried again when there is no time left for it', async () => {
  const clock = steppedClock()
  let pushes = 0
  const repository: Repository = {
    synchronise: async () => 'base',
    owned: async () => ({ entries: new Map(), blocked: new Map() }),
    async *history() {},
    propose: async (parent) => ({ commit: `commit${pushes}`, parent, objects: [] }),
    async push() {
      pushes++
      await clock.sleep(60_000)
      throw new RetryLater('no answer')
    },
  }
  const given = alone(requestFor('https://git.example.com/x.git', { 'manifests/shop/quotes/x': '1' }))
  const request = checkRequest({ ...given, until: clock.now() + 55_000 })
  const attempt = commitTo(repository, 'here', request, { clock, random, attempts: 8 })
  await expect(attempt).rejects.toThrow(/1 pushes failed, the last with "no answer"/)
  expect(pushes).toBe(1)
})

it('a server that names a time is not asked again before', async () => {
  let pushes = 0
  const repository: Repository = {
    synchronise: async () => 'base',
    owned: async () => ({ entries: new Map(), blocked: new Map() }),
    async *history() {},
    propose: async (parent) => ({ commit: 'commit', parent, objects: [] }),
    async push() {
      pushes++
      throw new RetryLater('busy', { notBefore: 5000 })
    },
  }
  const request = checkRequest(alone(requestFor('https://git.example.com/x.git', { 'manifests/shop/quotes/x': '1' })))
  const attempt = commitTo(repository, 'here', request, { clock: steppedClock(), random, attempts: 5 })
  await expect(attempt).rejects.toMatchObject({ name: 'RetryLater', notBefore: 5000 })
  expect(pushes).toBe(1)
})

it('pauses between tries grow, stay bounded and are not the same for everybody', async () => {
  const paused = async (fraction: number) => {
    const pauses: number[] = []
    const clock = { now: () => 0, sleep: async (milliseconds: number) => void pauses.push(milliseconds) }
    const repository: Repository = {
      synchronise: async () => 'base',
      owned: async () => ({ entries: new Map(), blocked: new Map() }),
      async *history() {},
      propose: async (parent) => ({ commit: 'commit', parent, objects: [] }),
      push: async () => ({ outcome: 'rejected', reason: 'the branch moved' }),
    }
    const request = checkRequest(alone(requestFor('https://git.example.com/x.git', { 'manifests/shop/quotes/x': '1' })))
    const effects = { clock, random: { ...random, fraction: () => fraction }, attempts: 9 }
    await expect(commitTo(repository, 'here', request, effects)).rejects.toThrow(/9 pushes failed.*the branch moved/)
    return pauses
  }
  const pauses = await paused(0.999)
  expect(pauses).toHaveLength(8)
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
  expect(Math.max(...pauses)).toBeLessThanOrEqual(5000)
  expect(await paused(0.1)).not.toEqual(pauses)
})
