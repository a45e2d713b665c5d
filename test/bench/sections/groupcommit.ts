import { systemClock } from '../../../domain/effects.ts'
import { commitLimits } from '../../../lambdas/runtime/writer.ts'
import { readConfig } from '../../../lambdas/config.ts'
import { blobId } from '../../../git/blob.ts'
import { gitText } from '../../contract/gitnative.ts'
import { realGitWorld } from '../../contract/gitworlds.ts'
import { executionsIn, handoverWorld } from '../../support/handoverworld.ts'
import { rounded, type Figure, type Section } from '../figures.ts'

const changes = 1000
/** Files of one change, and bytes of a file: about what the rendering section says. */
const files = 8
const bytes = 900

export const groupCommit: Section = async ({ progress }) => [
  ...(await concurrently(0, progress)),
  ...(await concurrently(20, progress)),
]

/** `latency`: milliseconds before the git server looks at a request. */
async function concurrently(latency: number, progress: (text: string) => void): Promise<Omit<Figure, 'section'>[]> {
  const git = await realGitWorld()
  git.beforeRequest = () => systemClock.sleep(latency)
  try {
    const url = await git.create('cluster')
    await git.write(url, { 'README.md': 'not ours' })
    const target = { url, branch: 'main' }
    const world = handoverWorld({ writer: git.writer(), target, clock: systemClock, limits: deployedLimits() })
    const names = Array.from({ length: changes }, (_, index) => `bench/w${String(index).padStart(4, '0')}`)
    git.requests()
    const began = performance.now()
    await Promise.all(names.map((name) => world.submit(name, { files: filesOf(name) })))
    await world.quiet()
    const seconds = (performance.now() - began) / 1000
    const requests = git.requests().length
    progress(`${changes} changes, ${latency} ms a request: ${seconds.toFixed(1)} s`)
    const log = await git.log(url)
    const committed = executionsIn(log)
    const there = await idsOn(git.path(url))
    const isThere = (name: string) =>
      committed.includes(`execution-${name}`) &&
      Object.entries(filesOf(name)).every(([path, text]) => there.get(path) === blobId(text))
    const told = names.filter((name) => {
      const answer = world.answer(name)
      return answer !== undefined && 'output' in answer && log.some(({ id }) => id === answer.output['commit'])
    })
    const how = `over smart HTTP, real git${latency === 0 ? '' : `, ${latency} ms before each request is looked at`}`
    const what = (figure: string) => (latency === 0 ? figure : `${figure}, ${latency} ms a request`)
    return [
      {
        figure: what(`commits for ${changes} changes at once`),
        value: log.filter((commit) => executionsIn([commit]).length > 0).length,
        unit: 'commits',
        how: `${how}; ${files} files each, the deployed limits`,
        bound: { most: 20 },
      },
      { figure: what('until all are answered'), value: rounded(seconds, 1), unit: 'seconds', how: 'on the wall clock' },
      { figure: what('requests to the git host'), value: requests, unit: 'requests', how: 'all of the writer’s' },
      {
        figure: what('lost'),
        value: names.filter((name) => !isThere(name)).length,
        unit: 'changes',
        how: 'that no commit names, or a file of which is not on the branch as it was rendered',
        bound: { most: 0 },
      },
      {
        figure: what('committed twice'),
        value: committed.length - new Set(committed).size,
        unit: 'changes',
        how: 'named by more than one commit',
        bound: { most: 0 },
      },
      {
        figure: what('waiters answered'),
        value: told.length,
        unit: 'executions',
        how: 'with a commit that is on the branch',
        bound: { least: changes },
      },
    ]
  } finally {
    await git.close()
  }
}

function deployedLimits() {
  const config = readConfig({
    FAIRWAY_INSTALLATION: 'bench',
    FAIRWAY_ACCOUNT: '100000000001',
    AWS_REGION: 'eu-west-1',
    FAIRWAY_TABLE: 't',
    FAIRWAY_BUS: 'b',
  })
  return commitLimits(config)
}

/** Path to blob id. */
async function idsOn(repository: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await gitText(repository, 'ls-tree', '-r', 'main')).split('\n')
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.split(/[ \t]/)[2] ?? '']))
}

function filesOf(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: files }, (_, index) => {
      const line = `# ${name} ${index}\n`
      return [`manifests/${name}/file${index}.yaml`, line.repeat(Math.ceil(bytes / line.length))]
    }),
  )
}
