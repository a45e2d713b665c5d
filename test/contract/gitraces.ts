import { expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { ClusterRepositoryWriter, CommitRequest } from '../../domain/git.ts'
import { deployment, requestFor, service } from './gitrequests.ts'
import type { GitWorld } from './gitworlds.ts'

/** Other writers, lost answers, killed processes, outages. */
export function racingContract(current: () => GitWorld): void {
  const commitAll = (writer: ClusterRepositoryWriter, requests: readonly CommitRequest[]) =>
    Promise.all(requests.map((request) => writer.commit(request)))

  it('a rejected push is fetched again and nobody’s change is lost', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.list({ url, branch: 'main' }, ['other.yaml'])
    let rounds = 0
    world.beforePush = async () => {
      if (rounds++ < 3) await world.write(url, { 'other.yaml': `race ${rounds}`, [service]: `theirs ${rounds}` })
    }
    const result = await writer.commit(requestFor(url, { [deployment]: 'ours' }))
    expect(result.changed).toEqual([
      { path: deployment, change: 'added' },
      { path: service, change: 'removed' },
    ])
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 race 3', [deployment]: '100644 ours' })
    const log = await world.log(url)
    expect(log).toHaveLength(5)
    expect(log[0]).toMatchObject({ id: result.commit, parents: [log[1]?.id] })
  })

  it('a branch that never stands still ends in RetryLater after a bounded number of pushes, and is not forced', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '0' })
    let pushes = 0
    world.beforePush = async () => {
      pushes++
      await world.write(url, { 'other.yaml': String(pushes) })
    }
    const attempt = world.writer({ attempts: 3 }).commit(requestFor(url, { [deployment]: 'ours' }))
    await expect(attempt).rejects.toBeInstanceOf(RetryLater)
    expect(pushes).toBe(3)
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 3' })
  })

  it('two that make the first commit at once both end up in the branch', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.beforePush = async () => {
      world.beforePush = undefined
      await world.write(url, { 'other.yaml': 'first' })
    }
    await world.writer().commit(requestFor(url, { [deployment]: 'ours' }))
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 first', [deployment]: '100644 ours' })
  })

  it('when somebody else wrote the same bytes meanwhile, there is nothing left to commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    let theirs = ''
    world.beforePush = async () => {
      world.beforePush = undefined
      theirs = await world.write(url, { [deployment]: 'same' })
    }
    const result = await world.writer().commit(requestFor(url, { [deployment]: 'same' }))
    expect(result).toEqual({ result: 'unchanged', commit: theirs, changed: [] })
  })

  it.each([
    ['an empty repository', false],
    ['a repository with commits', true],
  ])('a lost answer is found again, in %s: one commit', async (_, filled) => {
    const world = current()
    const url = await world.create('cluster')
    if (filled) await world.write(url, { 'other.yaml': '1' })
    world.lostAnswers = 1
    const result = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    const log = await world.log(url)
    expect(result).toMatchObject({ result: 'committed', commit: log[0]?.id })
    expect(result.changed).toEqual([{ path: deployment, change: 'added' }])
    expect(log).toHaveLength(filled ? 2 : 1)
  })

  it('a lost answer is found below what others wrote since, even over the same files', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    world.lostAnswers = 1
    world.beforePush = async () => {
      world.beforeLook = async () => {
        world.beforeLook = undefined
        await world.write(url, { [deployment]: 'theirs' })
        await world.write(url, { 'other.yaml': '2' })
      }
    }
    const result = await world.writer().commit(requestFor(url, { [deployment]: 'ours' }))
    const log = await world.log(url)
    expect(result).toMatchObject({ result: 'committed', commit: log[2]?.id })
    expect(log).toHaveLength(4)
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 2', [deployment]: '100644 theirs' })
  })

  it('a lost answer of the last try is found, too', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.lostAnswers = 1
    const result = await world.writer({ attempts: 1 }).commit(requestFor(url, { [deployment]: '1' }))
    expect(await world.log(url)).toMatchObject([{ id: result.commit }])
  })

  it('a killed call leaves a commit that the same execution is given again, and no other', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const first = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    const again = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    expect(again).toMatchObject({ result: 'committed', commit: first.commit })
    const other = await world.writer().commit(requestFor(url, { [deployment]: '1' }, { execution: 'execution-2' }))
    expect(other).toMatchObject({ result: 'unchanged', commit: first.commit })
    expect(await world.log(url)).toHaveLength(2)
  })

  it('the same execution is not given a commit of its own that brought other bytes', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    const head = await world.write(url, { [deployment]: '2' })
    expect(await world.writer().commit(requestFor(url, { [deployment]: '2' }))).toMatchObject({
      result: 'unchanged',
      commit: head,
    })
  })

  it('the same execution with other bytes makes another commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    const first = await writer.commit(requestFor(url, { [deployment]: '1' }))
    const second = await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(second).toMatchObject({ result: 'committed' })
    expect((await world.log(url)).map(({ id }) => id)).toEqual([second.commit, first.commit])
  })

  it('an outage is RetryLater, not before the server asks', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.outages = 1
    const error: unknown = await world
      .writer()
      .commit(requestFor(url, { [deployment]: '1' }))
      .catch((e: unknown) => e)
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).notBefore).toBe(world.clock.now() + 30_000)
    expect(await world.log(url)).toEqual([])
  })

  it('concurrent calls of one process take turns, and none is lost', async () => {
    const world = current()
    const url = await world.create('cluster')
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`)
    let pushes = 0
    world.beforePush = async () => {
      pushes++
    }
    const results = await commitAll(
      world.writer(),
      names.map((name) => requestFor(url, { [`m/${name}/x`]: name }, { paths: [`m/${name}`], execution: name })),
    )
    expect(results.every(({ result }) => result === 'committed')).toBe(true)
    expect(Object.keys(await world.files(url)).toSorted()).toEqual(names.map((name) => `m/${name}/x`))
    expect(pushes).toBe(names.length)
  })

  it('a call that fails does not hold up the next', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.outages = 1
    const writer = world.writer()
    const results = await Promise.allSettled(
      ['a', 'b'].map((name) => writer.commit(requestFor(url, { [`${name}/x`]: name }, { paths: [name] }))),
    )
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
}
