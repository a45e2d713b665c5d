import { expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { CommitPart, GroupRequest } from '../../domain/git.ts'
import { ownedTree } from './gitrequests.ts'
import type { GitWorld } from './gitworlds.ts'

/** Several who share a commit. */
export function groupContract(current: () => GitWorld): void {
  it('several parts travel in one commit, with the words of the group and the trailers of each', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const results = await world
      .writer()
      .commitGroup(groupOf(url, [partOf('a', '1'), partOf('b', '2'), partOf('c', '3')]))
    const log = await world.log(url)
    expect(log).toHaveLength(2)
    expect(results).toEqual(
      ['a', 'b', 'c'].map((name) => ({
        result: 'committed',
        commit: log[0]?.id,
        changed: [{ path: `m/${name}/x.yaml`, change: 'added' }],
      })),
    )
    expect(log[0]?.message.trimEnd()).toBe(
      [
        'group of shop/a, shop/b, shop/c',
        ['a', 'b', 'c']
          .flatMap((name) => [`Fairway-Resource: shop/${name}`, `Fairway-Execution: e-${name}`])
          .join('\n'),
      ].join('\n\n'),
    )
    expect(await world.files(url)).toEqual({
      'm/a/x.yaml': '100644 1',
      'm/b/x.yaml': '100644 2',
      'm/c/x.yaml': '100644 3',
      'other.yaml': '100644 1',
    })
  })

  it('a part that stands alone has its own words, as has the only one that differs', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    await writer.commitGroup(groupOf(url, [partOf('a', '1')]))
    const [first, second] = await writer.commitGroup(groupOf(url, [partOf('a', '1', 'later'), partOf('b', '1')]))
    const log = await world.log(url)
    expect(log.map(({ message }) => message.split('\n')[0])).toEqual(['shop/b: update', 'shop/a: update'])
    expect(log[0]?.message).not.toContain('shop/a')
    expect(first).toEqual({ result: 'unchanged', commit: log[1]?.id, changed: [] })
    expect(second).toMatchObject({ result: 'committed', commit: log[0]?.id })
  })

  it('when nothing differs nothing is pushed, and everybody hears of the head', async () => {
    const world = current()
    const url = await world.create('cluster')
    const head = await world.write(url, { 'm/a/x.yaml': '1', 'm/b/x.yaml': '1' })
    world.beforePush = () => Promise.reject(new Error('a push'))
    const results = await world.writer().commitGroup(groupOf(url, [partOf('a', '1'), partOf('b', '1')]))
    const unchanged = { result: 'unchanged', commit: head, changed: [] }
    expect(results).toEqual([unchanged, unchanged])
  })

  it.each([
    ['the same group', ['a', 'b']],
    ['a smaller group', ['b']],
    ['a larger group', ['a', 'b', 'c']],
    ['groups that were mixed anew', ['c', 'b', 'd']],
  ])('what a killed call brought is answered with its commit, to %s', async (_, names) => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const [first] = await world.writer().commitGroup(groupOf(url, [partOf('a', '1'), partOf('b', '1')]))
    const results = await world.writer().commitGroup(
      groupOf(
        url,
        names.map((name) => partOf(name, '1')),
      ),
    )
    const log = await world.log(url)
    const more = names.some((name) => name > 'b')
    expect(log).toHaveLength(more ? 3 : 2)
    expect(results.map(({ commit }) => commit)).toEqual(names.map((name) => (name > 'b' ? log[0]?.id : first?.commit)))
    expect(results.every(({ result }) => result === 'committed')).toBe(true)
    if (more) expect(log[0]?.message).not.toMatch(/shop\/[ab]/)
  })

  it('what a killed call brought is found below what others wrote since', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    const [first] = await writer.commitGroup(groupOf(url, [partOf('a', '1'), partOf('b', '1')]))
    for (const text of ['2', '3']) await world.write(url, { 'other.yaml': text })
    const results = await writer.commitGroup(groupOf(url, [partOf('b', '1'), partOf('c', '1')]))
    const log = await world.log(url)
    expect(results.map(({ commit }) => commit)).toEqual([first?.commit, log[0]?.id])
    expect(log).toHaveLength(5)
  })

  it('a commit is not given to who only shares a trailer with it', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.writer().commitGroup(groupOf(url, [partOf('a', '1', 'one'), partOf('b', '1', 'two')]))
    const head = (await world.log(url))[0]?.id
    await world.write(url, { 'other.yaml': '2' })
    // Its trailers are all there, and do not stand together.
    const [result] = await world.writer().commitGroup(groupOf(url, [partOf('a', '1', 'two')]))
    expect(result).toMatchObject({ result: 'unchanged' })
    expect(result?.commit).not.toBe(head)
  })

  it('a lost answer of a group is found again, by everybody in it', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'm/c/x.yaml': '1' })
    world.lostAnswers = 1
    const names = ['a', 'b', 'c']
    const results = await world.writer().commitGroup(
      groupOf(
        url,
        names.map((name) => partOf(name, '1')),
      ),
    )
    const log = await world.log(url)
    expect(log).toHaveLength(2)
    expect(results.map(({ result, commit }) => [result, commit])).toEqual([
      ['committed', log[0]?.id],
      ['committed', log[0]?.id],
      ['unchanged', log[1]?.id],
    ])
  })

  it('somebody else who pushes in between loses nothing, nor does anybody in the group', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    let rounds = 0
    world.beforePush = async () => {
      if (rounds++ < 3) await world.write(url, { 'other.yaml': `race ${rounds}`, 'm/b/x.yaml': '1' })
    }
    const results = await world.writer().commitGroup(groupOf(url, [partOf('a', '1'), partOf('b', '1')]))
    expect(await world.files(url)).toEqual({
      'm/a/x.yaml': '100644 1',
      'm/b/x.yaml': '100644 1',
      'other.yaml': '100644 race 3',
    })
    const log = await world.log(url)
    expect(log).toHaveLength(5)
    // What it would have brought was there before it: the commit is not about it.
    expect(log[0]?.message).not.toContain('shop/b')
    expect(results).toMatchObject([{ result: 'committed', commit: log[0]?.id }, { result: 'unchanged' }])
  })

  it('one that cannot be written is an error of all, and nothing is written', async () => {
    const world = current()
    const url = await world.create('cluster')
    const head = await world.write(url, { z: 'a file of somebody else' })
    const attempt = (parts: readonly CommitPart[]) => world.writer().commitGroup(groupOf(url, parts))
    const blocked = { ...partOf('b', '1'), trees: [ownedTree({ 'z/b/x': '1' }, ['z/b'], 'shop/b')] }
    await expect(attempt([partOf('a', '1'), blocked])).rejects.toBeInstanceOf(Terminal)
    const twice = { ...partOf('b', '1'), trees: [ownedTree({ 'm/a/y': '1' }, ['m/a'], 'shop/b')] }
    await expect(attempt([partOf('a', '1'), twice])).rejects.toThrow(/two owners, shop\/a and shop\/b/)
    await expect(attempt([partOf('a', '1'), { ...partOf('c', '1'), subject: ' ' }])).rejects.toThrow(/subject/)
    expect((await world.log(url)).map(({ id }) => id)).toEqual([head])
  })
}

function groupOf(url: string, parts: readonly CommitPart[]): GroupRequest {
  return {
    target: { url, branch: 'main' },
    parts,
    describe: (chosen) => ({
      subject: `group of ${chosen.map(({ trees }) => trees.map(({ owner }) => owner).join()).join(', ')}`,
    }),
  }
}

function partOf(name: string, text: string, execution = `e-${name}`): CommitPart {
  return {
    trees: [ownedTree({ [`m/${name}/x.yaml`]: text }, [`m/${name}`], `shop/${name}`)],
    subject: `shop/${name}: update`,
    trailers: [
      ['Fairway-Resource', `shop/${name}`],
      ['Fairway-Execution', execution],
    ],
  }
}
