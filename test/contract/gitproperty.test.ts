import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CommitRequest } from '../../domain/git.ts'
import { isUnder } from '../../domain/paths.ts'
import { gitText } from './gitnative.ts'
import { ownedTree, requestFor } from './gitrequests.ts'
import { type GitWorld, memoryGitWorld, realGitWorld } from './gitworlds.ts'

const name = fc.constantFrom('a', 'b', 'ab', 'a-b', 'c')
const relative = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const wanted = fc.dictionary(relative, fc.constantFrom('1', '2', '3'), { maxKeys: 5 }).map(withoutConflicts)
const step = fc.record({ writer: fc.nat(1), files: wanted })
type Step = { readonly writer: number; readonly files: Readonly<Record<string, string>> }

/** Before each push: nothing, a commit of a person, or an answer that gets lost. */
const race = fc.constantFrom('none', 'person', 'lost')

const owners = ['m/a', 'm/a-b'] as const

it('two writers and a person lose nothing and touch only what they own, however they meet: in memory', async () => {
  await expect(holds(await memoryGitWorld(), { numRuns: 500, maxSteps: 12 })).resolves.toBeUndefined()
})

it('two writers and a person lose nothing and touch only what they own, however they meet: real git', async () => {
  const world = await realGitWorld()
  try {
    await holds(world, { numRuns: 8, maxSteps: 6, seed: 20_261_120 }, async (url) => {
      expect(await gitText(world.path(url), 'fsck', '--strict', '--no-dangling')).toBe('')
    })
  } finally {
    await world.close()
  }
})

async function holds(
  world: GitWorld,
  { maxSteps, ...parameters }: { numRuns: number; maxSteps: number; seed?: number },
  inspect: (url: string) => Promise<void> = async () => undefined,
): Promise<void> {
  let repositories = 0
  const steps = fc.array(step, { maxLength: maxSteps })
  const property = fc.asyncProperty(steps, fc.array(race, { maxLength: 30 }), async (steps, races) => {
    const url = await world.create(`cluster${repositories++}`)
    const expected = await play(world, url, steps, [...races])
    expect(await world.files(url)).toEqual(Object.fromEntries(expected))
    await inspect(url)
  })
  await fc.assert(property, parameters)
}

/** Runs both writers' steps at once; returns what the branch has to hold then. */
async function play(
  world: GitWorld,
  url: string,
  steps: readonly Step[],
  races: string[],
): Promise<ReadonlyMap<string, string>> {
  const expected = new Map<string, string>()
  let person = 0
  world.beforePush = async () => {
    const next = races.shift()
    if (next === 'lost') world.lostAnswers++
    if (next !== 'person') return
    const content = String(person++)
    await untilWritten(() => world.write(url, { 'theirs/x': content }))
    expected.set('theirs/x', `100644 ${content}`)
  }
  await Promise.all(
    owners.map(async (owner, index) => {
      const writer = world.writer({ attempts: 40 })
      let latest: Readonly<Record<string, string>> = {}
      for (const { files } of steps.filter((one) => one.writer === index)) {
        const { changed } = await writer.commit(request(url, owner, files))
        expect(changed.filter(({ path }) => !isUnder(path, owner))).toEqual([])
        latest = files
      }
      for (const [path, text] of Object.entries(latest)) expected.set(`${owner}/${path}`, `100644 ${text}`)
    }),
  )
  world.beforePush = undefined
  world.lostAnswers = 0
  return expected
}

/** A person who meets a push takes another look, too. */
async function untilWritten(write: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await write()
      return
    } catch (error) {
      if (attempt === 20) throw error
    }
  }
}

function request(url: string, owner: string, files: Readonly<Record<string, string>>): CommitRequest {
  const full = Object.fromEntries(Object.entries(files).map(([path, text]) => [`${owner}/${path}`, text]))
  return { ...requestFor(url, {}), trees: [ownedTree(full, [owner], owner)], trailers: [['Fairway-Resource', owner]] }
}

/** Keeps only files that are not directories of others. */
function withoutConflicts(files: Readonly<Record<string, string>>): Record<string, string> {
  const paths = Object.keys(files)
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !paths.some((other) => other !== path && isUnder(other, path))),
  )
}
