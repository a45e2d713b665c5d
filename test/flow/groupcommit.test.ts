import { beforeEach, describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { memoryGitWorld, type GitWorld } from '../contract/gitworlds.ts'
import { executionsIn, handoverWorld, type HandoverWorld } from '../support/handoverworld.ts'

let git: GitWorld
let url: string
let world: HandoverWorld

const fileOf = (name: string, text = '1') => ({ [`manifests/${name}/x.yaml`]: text })

async function open(options: Partial<Parameters<typeof handoverWorld>[0]> = {}): Promise<HandoverWorld> {
  git = await memoryGitWorld()
  url = await git.create('cluster')
  await git.write(url, { 'other.yaml': 'not ours' })
  return handoverWorld({ writer: git.writer(), target: { url, branch: 'main' }, clock: git.clock, ...options })
}

beforeEach(async () => {
  world = await open()
})

async function submitAll(names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => world.submit(name, { files: fileOf(name) })))
  await world.quiet()
}

const commitOf = (name: string) => {
  const answer = world.answer(name)
  return answer && 'output' in answer ? answer.output['commit'] : undefined
}
const failureOf = (name: string) => {
  const answer = world.answer(name)
  return answer && 'failure' in answer ? answer.failure : undefined
}
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `claims/w${String(index).padStart(3, '0')}`)

describe('the writer of a repository', () => {
  it('commits a change that waits alone at once, with its own words, and answers with the commit', async () => {
    world = await open({ limits: { gather: 5000 } })
    const before = git.clock.now()
    await submitAll(['claims/intake'])
    expect(git.clock.now()).toBe(before)
    const [commit] = await git.log(url)
    expect(commit?.message).toMatch(/^claims\/intake: update in dev\n\nFairway-Resource: claims\/intake\n/)
    expect(world.answer('claims/intake')).toEqual({
      output: { ok: true, about: 'claims/intake', result: 'committed', commit: commit?.id, files: 1 },
    })
    expect(await world.waiting()).toEqual([])
  })

  it('takes what has gathered into one commit, waiting for more where several wait already', async () => {
    world = await open({ limits: { gather: 1000 } })
    let late: Promise<unknown> | undefined
    const sleep = git.clock.sleep.bind(git.clock)
    git.clock.sleep = (milliseconds) => {
      late ??= world.submit('claims/late', { files: fileOf('claims/late') })
      return late.then(() => sleep(milliseconds))
    }
    await submitAll(['claims/a', 'claims/b'])
    const log = await git.log(url)
    expect(log).toHaveLength(2)
    expect(log[0]?.message.split('\n\n').slice(0, 2)).toEqual([
      '3 workloads: a, b, late (declared)',
      ['a', 'b', 'late'].map((name) => `- claims/${name}: update in dev`).join('\n'),
    ])
    expect(['claims/a', 'claims/b', 'claims/late'].map(commitOf)).toEqual(Array(3).fill(log[0]?.id))
  })

  it('takes hundreds at once in few commits: nothing is lost, nothing is there twice', async () => {
    const all = names(300)
    await submitAll(all)
    const log = await git.log(url)
    expect(log.length).toBeLessThanOrEqual(5)
    expect(executionsIn(log).toSorted()).toEqual(all.map((name) => `execution-${name}`))
    expect(new Set(all.map(commitOf))).toEqual(new Set(log.slice(0, -1).map(({ id }) => id)))
    expect(Object.keys(await git.files(url))).toHaveLength(301)
  })

  it.each([
    ['changes', { changes: 4 }, [4, 4, 2]],
    ['files', { files: 7 }, [3, 3, 3, 1]],
    ['bytes', { bytes: 50 }, [5, 5]],
  ])('puts no more into a commit than the limit of %s', async (_, limits, sizes) => {
    world = await open({ limits })
    const all = names(10)
    for (const name of all) await world.submit(name, { files: fileOf(name), size: { files: 2, bytes: 10 } })
    await world.quiet()
    const log = (await git.log(url)).slice(0, -1).toReversed()
    expect(log.map((commit) => executionsIn([commit]).length)).toEqual(sizes)
    expect(executionsIn(log)).toEqual(all.map((name) => `execution-${name}`))
  })

  it('lets a change that is above a limit by itself travel alone', async () => {
    world = await open({ limits: { bytes: 50 } })
    await world.submit('claims/a', { files: fileOf('claims/a'), size: { bytes: 10 } })
    await world.submit('claims/large', { files: fileOf('claims/large'), size: { bytes: 900 } })
    await world.submit('claims/z', { files: fileOf('claims/z'), size: { bytes: 10 } })
    await world.quiet()
    expect((await git.log(url)).slice(0, -1).map((commit) => executionsIn([commit]))).toEqual([
      ['execution-claims/z'],
      ['execution-claims/large'],
      ['execution-claims/a'],
    ])
  })

  it('leaves the rest to its next call when its time is over, and nothing waits for a change of its own', async () => {
    world = await open({ limits: { changes: 2 }, time: 29_000 })
    await submitAll(names(7))
    expect(world.calls).toBeGreaterThan(3)
    expect(await world.waiting()).toEqual([])
    expect(executionsIn(await git.log(url))).toHaveLength(7)
  })

  it('leaves nobody behind, at whichever instant its time is over', async () => {
    for (let time = 0; time < 60; time++) {
      let ticks = 0
      const clock = { now: () => git.clock.now() + ticks++, sleep: (span: number) => git.clock.sleep(span) }
      world = await open({ limits: { changes: 2 }, time: 65_000 + time, clock })
      await submitAll(names(5))
      expect(await world.waiting(), `${time} ms`).toEqual([])
    }
  })

  it('answers with the head where the branch has everything already', async () => {
    const head = await git.write(url, fileOf('claims/a'))
    await submitAll(['claims/a', 'claims/b'])
    expect(world.answer('claims/a')).toMatchObject({ output: { result: 'unchanged', commit: head, files: 0 } })
    expect(world.answer('claims/b')).toMatchObject({ output: { result: 'committed', files: 1 } })
  })

  it('loses nothing of somebody else who pushes in between', async () => {
    let rounds = 0
    git.beforePush = async () => {
      if (rounds++ < 3) await git.write(url, { 'other.yaml': `race ${rounds}` })
    }
    await submitAll(['claims/a', 'claims/b'])
    expect(await git.files(url)).toEqual({
      'manifests/claims/a/x.yaml': '100644 1',
      'manifests/claims/b/x.yaml': '100644 1',
      'other.yaml': '100644 race 3',
    })
    expect(executionsIn(await git.log(url))).toHaveLength(2)
  })
})

describe('who may write', () => {
  it('an old fence writes nothing, and is told so; others in the group are not held up', async () => {
    const ref = { kind: 'Workload', name: 'claims/a' } as const
    const old = await world.lease(ref)
    await world.store.leases.release(ref, old)
    await world.lease(ref, 'somebody else')
    await world.submit('claims/a', { files: fileOf('claims/a'), fence: old })
    await world.submit('claims/b', { files: fileOf('claims/b') })
    await world.quiet()
    expect(failureOf('claims/a')).toMatchObject({ type: 'Conflict' })
    expect(Object.keys(await git.files(url)).toSorted()).toEqual(['manifests/claims/b/x.yaml', 'other.yaml'])
  })

  it('what was released, or never leased, writes nothing either', async () => {
    const ref = { kind: 'Workload', name: 'claims/a' } as const
    const fence = await world.lease(ref)
    await world.store.leases.release(ref, fence)
    await world.submit('claims/a', { files: fileOf('claims/a'), fence })
    await world.submit('claims/unknown', { files: fileOf('claims/unknown'), fence: 1 })
    await world.quiet()
    expect(['claims/a', 'claims/unknown'].map((name) => failureOf(name)?.type)).toEqual(['Conflict', 'Conflict'])
    expect(await git.log(url)).toHaveLength(1)
  })

  it('a lease with too little left is renewed before anything is written', async () => {
    const ref = { kind: 'Workload', name: 'claims/a' } as const
    const fence = await world.lease(ref)
    await git.clock.sleep(200_000)
    await world.submit('claims/a', { files: fileOf('claims/a'), fence })
    await world.quiet()
    expect(commitOf('claims/a')).toBeDefined()
    expect((await world.store.get(ref))?.lease?.until).toBe(git.clock.now() + 300_000)
  })

  it('a lease with enough left costs no write', async () => {
    const holds: string[] = []
    world.control.tap = (call) => void (call.startsWith('leases.') && holds.push(call))
    await submitAll(['claims/a', 'claims/b'])
    expect(holds).toEqual([])
  })

  it('nobody writes what belongs to another resource', async () => {
    await world.submit('claims/a', { files: fileOf('claims/b'), paths: ['manifests/claims/b'], owner: 'claims/b' })
    await world.quiet()
    expect(failureOf('claims/a')).toMatchObject({ type: 'Terminal' })
    expect(await git.log(url)).toHaveLength(1)
  })

  it.each([
    ['outer', 'm/shared', 'm/shared/deep'],
    ['inner', 'm/shared/deep', 'm/shared'],
    ['same', 'm/shared', 'm/shared'],
  ])('of two that want one path the first (%s) gets it, the other is told, a third goes on', async (_, one, two) => {
    await world.submit('claims/a', { files: { [`${one}/x`]: '1' }, paths: [one] })
    await world.submit('claims/b', { files: { [`${two}/x`]: '2' }, paths: [two, 'm/b'] })
    await world.submit('claims/c', { files: fileOf('claims/c') })
    await world.quiet()
    expect(failureOf('claims/b')).toMatchObject({ type: 'Terminal', message: expect.stringContaining('claims/a') })
    const files = await git.files(url)
    expect(Object.keys(files).toSorted()).toEqual([`${one}/x`, 'manifests/claims/c/x.yaml', 'other.yaml'])
    expect(files[`${one}/x`]).toBe('100644 1')
  })

  it('of one resource the last word counts', async () => {
    const fence = await world.lease({ kind: 'Workload', name: 'claims/a' })
    await world.submit('claims/a', { files: fileOf('claims/a', 'early'), fence, execution: 'early' })
    await git.clock.sleep(1)
    await world.submit('claims/a', { files: fileOf('claims/a', 'late'), fence, execution: 'late' })
    await world.quiet()
    expect(await git.files(url)).toMatchObject({ 'manifests/claims/a/x.yaml': '100644 late' })
    expect(world.answers.get('token of early')).toMatchObject({ failure: { type: 'Conflict' } })
    expect(executionsIn(await git.log(url))).toEqual(['late'])
  })
})

describe('what cannot be committed', () => {
  const many = names(40)

  it('is found among many, is told why, and holds up no other', async () => {
    await git.write(url, { blocking: 'a file where a directory would have to be' })
    await world.submit('claims/bad', { files: { 'blocking/x': '1' }, paths: ['blocking/bad'] })
    await world.submit('claims/blocked', { files: { 'blocking/b/x': '1' }, paths: ['blocking/b'] })
    await submitAll(many)
    expect(failureOf('claims/blocked')).toMatchObject({ type: 'Terminal', fix: expect.stringContaining('blocking') })
    expect(failureOf('claims/bad')).toMatchObject({ type: 'Terminal' })
    expect(many.filter((name) => commitOf(name) === undefined)).toEqual([])
    expect(executionsIn(await git.log(url)).toSorted()).toEqual(many.map((name) => `execution-${name}`))
    expect(await world.waiting()).toEqual([])
  })

  it('because the repository refuses everybody, is told to all after a bounded number of pushes', async () => {
    let pushes = 0
    git.beforePush = async () => void pushes++
    await git.decline(url)
    await submitAll(many)
    expect(many.map((name) => failureOf(name)?.type)).toEqual(many.map(() => 'Terminal'))
    expect(pushes).toBeLessThan(40)
    expect(await world.waiting()).toEqual([])
  })

  it('because what was rendered is gone, is rendered again; others are not held up', async () => {
    const change = await world.submit('claims/a', { files: fileOf('claims/a') })
    world.texts.delete(change.content)
    await submitAll(['claims/b'])
    expect(failureOf('claims/a')).toMatchObject({ type: 'RetryLater' })
    expect(commitOf('claims/b')).toBeDefined()
  })

  it('because what was rendered is unreadable, is told so; others are not held up', async () => {
    const content = await world.contents.put('no trees')
    const change = await world.submit('claims/a', { files: fileOf('claims/a') })
    await world.changes.add({ ...change, content })
    await submitAll(['claims/b'])
    expect(failureOf('claims/a')).toMatchObject({ type: 'Terminal' })
    expect(commitOf('claims/b')).toBeDefined()
  })

  it('because storage answers something else for now, is tried again, and given back after a while', async () => {
    const change = await world.submit('claims/a', { files: fileOf('claims/a') })
    world.texts.set(change.content, 'cut o')
    await submitAll(['claims/b'])
    expect(failureOf('claims/a')).toMatchObject({ type: 'RetryLater' })
    expect(commitOf('claims/b')).toBeDefined()
    expect(git.clock.now() - change.at).toBeGreaterThan(180_000)
    expect(executionsIn(await git.log(url))).toEqual(['execution-claims/b'])
  })

  it('for now, because the git host is out of reach, is tried again, and nobody hears of it', async () => {
    git.outages = 3
    await submitAll(['claims/a', 'claims/b'])
    expect(world.calls).toBe(4)
    expect(commitOf('claims/a')).toBe((await git.log(url))[0]?.id)
  })

  it('for long, because the git host is out of reach, is given back, and nothing waits for ever', async () => {
    git.outages = 1000
    await submitAll(['claims/a', 'claims/b'])
    expect(['claims/a', 'claims/b'].map((name) => failureOf(name)?.type)).toEqual(['RetryLater', 'RetryLater'])
    expect(await world.waiting()).toEqual([])
    expect(world.logged).toEqual([])
  })
})

describe('answers', () => {
  it('who asks again while the writer is at work gets the same commit', async () => {
    const asked: Promise<unknown>[] = []
    git.beforePush = async () => {
      git.beforePush = undefined
      asked.push(world.submit('claims/a', { files: fileOf('claims/a'), token: 'second' }))
    }
    await submitAll(['claims/a', 'claims/b'])
    await Promise.all(asked)
    await world.quiet()
    expect(world.answers.get('second')).toMatchObject({ output: { result: 'committed', commit: commitOf('claims/b') } })
    expect(executionsIn(await git.log(url))).toHaveLength(2)
    expect(await world.waiting()).toEqual([])
  })

  it('one that can be given to nobody, ever, holds up no other', async () => {
    world.control.tap = (call, when) => {
      if (call === 'waiters.succeed' && when === 'before') throw new Terminal('the output is too large')
    }
    await submitAll(['claims/a', 'claims/b'])
    expect(await world.waiting()).toEqual([])
    expect(world.calls).toBe(1)
  })

  it('one that cannot be given for now is given again, with the same commit', async () => {
    let failures = 0
    world.control.tap = (call, when) => {
      if (call === 'waiters.succeed' && when === 'before' && failures++ < 1) throw new RetryLater('throttled')
    }
    await submitAll(['claims/a', 'claims/b', 'claims/c'])
    expect(new Set(['claims/a', 'claims/b', 'claims/c'].map(commitOf))).toEqual(new Set([(await git.log(url))[0]?.id]))
    expect(await git.log(url)).toHaveLength(2)
  })

  it('an invocation for what is answered already asks the git host nothing', async () => {
    const change = await world.submit('claims/a', { files: fileOf('claims/a') })
    await world.quiet()
    git.beforeLook = () => Promise.reject(new Error('a look'))
    await world.queue.wake(change.target, change.id)
    await world.quiet()
    expect(world.logged).toEqual([])
  })
})

describe('a writer that is killed', () => {
  const all = names(6)

  /** Runs until the call of that number; everything that this invocation still tries fails, as it does when it is dead. */
  async function killedAt(number: number, when: 'before' | 'after'): Promise<boolean> {
    world = await open({ limits: { changes: 4 } })
    await git.write(url, { blocking: 'a file where a directory would have to be' })
    let count = 0
    let died = 0
    world.control.tap = (_, now) => {
      if (died === world.calls || (now === when && count++ === number)) {
        died = world.calls
        throw new Error('killed')
      }
    }
    const fence = await world.lease({ kind: 'Workload', name: 'claims/w000' })
    await git.clock.sleep(200_000)
    await world.submit('claims/w000', { files: fileOf('claims/w000'), fence })
    await world.submit('claims/blocked', { files: { 'blocking/b/x': '1' }, paths: ['blocking/b'] })
    await world.submit('claims/old', { files: fileOf('claims/old'), fence: 0 })
    await submitAll(all.slice(1))
    return died > 0
  }

  it.each(['before', 'after'] as const)('%s any call loses nothing, and commits nothing twice', async (when) => {
    let number = 0
    for (; await killedAt(number, when); number++) {
      const log = await git.log(url)
      expect(executionsIn(log).toSorted(), `call ${number}`).toEqual(all.map((name) => `execution-${name}`))
      for (const name of all) {
        const brought = log.find((commit) => executionsIn([commit]).includes(`execution-${name}`))
        expect(commitOf(name), `call ${number}, ${name}`).toBe(brought?.id)
      }
      expect([failureOf('claims/blocked')?.type, failureOf('claims/old')?.type]).toEqual(['Terminal', 'Conflict'])
      expect(await world.waiting()).toEqual([])
      expect(world.logged).toEqual([])
    }
    expect(number).toBeGreaterThan(30)
  })
})

it('errors of our own making are not taken for what somebody has to mend', async () => {
  let failures = 0
  world.control.tap = (call) => {
    if (call === 'store.getMany' && failures++ < 1) throw new TypeError('a mistake')
  }
  await submitAll(['claims/a'])
  expect(commitOf('claims/a')).toBeDefined()
  expect(failureOf('claims/a')).toBeUndefined()
})
