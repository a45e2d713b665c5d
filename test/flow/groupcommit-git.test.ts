import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../domain/effects.ts'
import { gitText } from '../contract/gitnative.ts'
import { realGitWorld, type RealGitWorld } from '../contract/gitworlds.ts'
import { executionsIn, handoverWorld, type HandoverWorld } from '../support/handoverworld.ts'

/** The group commit on a git server, over smart HTTP. */

let git: RealGitWorld
let url: string
let world: HandoverWorld

beforeEach(async () => {
  git = await realGitWorld()
  url = await git.create('cluster')
  await git.write(url, { 'other.yaml': 'not ours' })
  world = handoverWorld({
    writer: git.writer(),
    target: { url, branch: 'main' },
    clock: systemClock,
    limits: { gather: 50 },
  })
})
afterEach(() => git.close())

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `claims/w${String(index).padStart(3, '0')}`)
const filesOf = (name: string) =>
  Object.fromEntries(['app', 'deployment', 'service'].map((file) => [`manifests/${name}/${file}.yaml`, `# ${name}\n`]))
const submit = (name: string) => world.submit(name, { files: filesOf(name) })

it('200 changes at once are few commits: none lost, none twice, everybody answered', { timeout: 60_000 }, async () => {
  const all = names(200)
  // Somebody else writes to the same branch, too.
  let races = 0
  git.beforePush = async () => {
    if (races++ < 2) await git.write(url, { 'other.yaml': `race ${races}` })
  }
  const started = performance.now()
  await Promise.all(all.map(submit))
  await world.quiet()
  const seconds = (performance.now() - started) / 1000
  const log = await git.log(url)
  const ours = log.filter((commit) => executionsIn([commit]).length > 0)
  process.stdout.write(`\n200 concurrent changes: ${ours.length} commits, ${seconds.toFixed(1)} s\n`)
  expect(ours.length).toBeLessThanOrEqual(5)
  expect(executionsIn(log).toSorted()).toEqual(all.map((name) => `execution-${name}`))
  for (const name of all) {
    const brought = ours.find((commit) => executionsIn([commit]).includes(`execution-${name}`))
    expect(world.answer(name)).toMatchObject({ output: { result: 'committed', commit: brought?.id, files: 3 } })
  }
  expect(await gitText(git.path(url), 'rev-list', '--merges', '--count', 'main')).toBe('0')
  expect(await gitText(git.path(url), 'fsck', '--strict', '--full', '--no-dangling')).toBe('')
  expect(Object.keys(await git.files(url)).toSorted()).toEqual(
    [...all.flatMap((name) => Object.keys(filesOf(name))), 'other.yaml'].toSorted(),
  )
})

it(
  'a change that a hook refuses is found, is told what the hook says, and holds up no other',
  { timeout: 60_000 },
  async () => {
    const hook = join(git.path(url), 'hooks', 'pre-receive')
    await writeFile(hook, '#!/bin/sh\nread old new ref\ngit diff --name-only $old $new | grep -q w013 || exit 0\necho "no w013" >&2\nexit 1\n') // prettier-ignore
    await chmod(hook, 0o755)
    const all = names(30)
    await Promise.all(all.map(submit))
    await world.quiet()
    expect(world.answer('claims/w013')).toMatchObject({ failure: { type: 'Terminal' } })
    const others = all.filter((name) => name !== 'claims/w013')
    expect(executionsIn(await git.log(url)).toSorted()).toEqual(others.map((name) => `execution-${name}`))
    for (const name of others) expect(world.answer(name)).toHaveProperty('output.commit')
  },
)

it('a writer that dies after its push, and one with no clone that takes over, give everybody one commit', async () => {
  let died = false
  world.control.tap = (call, when) => {
    if (died || call !== 'writer.commitGroup' || when !== 'after') return
    died = true
    throw new Error('killed')
  }
  const all = names(8)
  const heir = handoverWorld({ writer: git.writer(), target: { url, branch: 'main' }, clock: systemClock })
  await Promise.all(all.map(submit))
  await world.quiet()
  const again = await Promise.all(all.map((name) => heir.submit(name, { files: filesOf(name) })))
  await heir.quiet()
  const [head, ...before] = await git.log(url)
  expect(before).toHaveLength(1)
  for (const { token } of again) {
    expect(world.answers.get(token)).toHaveProperty('output.commit', head?.id)
    expect(heir.answers.get(token)).toHaveProperty('output.commit', head?.id)
  }
})
