import { execFile } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitFiles, head, image, manifest, startWorld, workload, type World } from '../support/controlplane.ts'

/** Check runs through the doors that GitHub has: signed webhooks, git over HTTP, and its API as the stand-in serves it. */

const source = 'policy-admin-services'
const ids = { installation: { id: 51_423_877 }, repository: { id: 734_519_206, default_branch: 'main' } }
const quotes = (lines: readonly string[] = []) => manifest('quotes', lines, 'policy-admin')

let world: World
beforeAll(async () => {
  world = await startWorld()
}, 120_000)
afterAll(() => world.stop())

const url = () => `${world.controlPlane.url}/sources/${source}.git`
const runs = (commit: string, name = 'fairway plan') =>
  world.controlPlane.github.checkRuns(ids.repository.id).filter((run) => run.head_sha === commit && run.name === name)
const pushed = (commit: string) => runs(commit, 'fairway')

async function hook(event: string, body: object): Promise<number> {
  const text = JSON.stringify({ ...ids, ...body })
  const signature = world.controlPlane.sign((secret) => createHmac('sha256', secret).update(text).digest('hex'))
  const headers = {
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-event': event,
    'x-github-delivery': randomUUID(),
  }
  const answer = await fetch(`${world.controlPlane.url}/webhooks/github`, { method: 'POST', body: text, headers })
  await answer.body?.cancel()
  await world.controlPlane.settle()
  return answer.status
}

const looked = (number: number, sha: string) =>
  hook('pull_request', { action: 'synchronize', number, pull_request: { head: { sha } } })

async function pull(number: number, files: Readonly<Record<string, string>>): Promise<string> {
  const commit = await commitFiles(url(), files, `refs/pull/${number}/head`)
  expect(await looked(number, commit)).toBe(202)
  return commit
}

async function push(files: Readonly<Record<string, string>>): Promise<string> {
  const commit = await commitFiles(url(), files)
  expect(await hook('push', { ref: 'refs/heads/main', after: commit })).toBe(202)
  return commit
}

/** Everything that a pull request must not change, besides leases, which looks take. */
async function everything() {
  const { store } = world.controlPlane
  const kinds = ['Cluster', 'System', 'Source', 'Workload'] as const
  const records = (await Promise.all(kinds.map((kind) => store.list(kind)))).flat()
  const held = new Set(['lease', 'fence', 'revision', 'attentionAt'])
  const lasting = records.map((record) => Object.fromEntries(Object.entries(record).filter(([key]) => !held.has(key))))
  return { lasting, heads: [await head(world, 'cluster-dev'), await head(world, 'cluster-prod')] }
}

function writes() {
  const entries = Object.entries(world.controlPlane.counts()).map(([name, count]) => [name, count.writes] as const)
  return Object.fromEntries(entries.filter(([, count]) => count > 0))
}

describe('a pull request', () => {
  it('P7: with a bad manifest fails with an annotation on each offending line, and what to write instead', async () => {
    const commit = await pull(1, {
      '.fairway/quotes.yaml': quotes().replace('type: worker', 'type: wurker').replace('environments', 'enviroments'),
      '.fairway/good.yaml': manifest('good', [], 'policy-admin'),
    })
    const [run, ...more] = runs(commit)
    expect(more).toEqual([])
    expect(run).toMatchObject({ status: 'completed', conclusion: 'failure' })
    expect(
      run?.annotations.map(({ path, start_line, annotation_level }) => [path, start_line, annotation_level]),
    ).toEqual([
      ['.fairway/quotes.yaml', 5, 'failure'],
      ['.fairway/quotes.yaml', 7, 'failure'],
    ])
    const [type, key] = run?.annotations.map(({ message }) => message) ?? []
    expect(type).toContain('`service`, `worker` or `cronjob`')
    expect(key).toContain('environments')
    expect(run?.summary).toContain('.fairway/quotes.yaml:5:')
  })

  it('with a good manifest succeeds with the plan of what would be made, and nothing is made', async () => {
    const before = await everything()
    world.controlPlane.resetCounts()
    const commit = await pull(2, {
      '.fairway/quotes.yaml': quotes([
        'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::policy-admin-x/*"] }] }',
        'nats: { publish: [quotes.created] }',
        'secrets: { stripe: { keys: [apiKey] } }',
      ]),
    })
    const [run] = runs(commit)
    expect(run).toMatchObject({ conclusion: 'success', title: '1 to create', annotations: [] })
    for (const words of [
      'Workload `policy-admin/quotes`, `.fairway/quotes.yaml:1`',
      'ECR repository `policy-admin/quotes`: made',
      'role: `s3:GetObject` on `arn:aws:s3:::policy-admin-x/*` added (`dev`)',
      'NATS: publish `quotes.created` added (`dev`)',
      'secret `stripe`: made empty, its owner fills `apiKey` in `fairway/local/dev/policy-admin/quotes/stripe` (`dev`)',
      'manifests: `Deployment`, `PodDisruptionBudget` in `https://github.example/acme/cluster-dev.git` (`dev`)',
    ]) {
      expect(run?.summary).toContain(words)
    }
    expect(writes()).toEqual({ github: 1 })
    expect(await everything()).toEqual(before)
  })

  it('P8: that reaches for another team’s system is refused, with the reason and who may change it', async () => {
    const before = await everything()
    const commit = await pull(3, { '.fairway/thief.yaml': manifest('thief', [], 'claims') })
    const [run] = runs(commit)
    expect(run).toMatchObject({ conclusion: 'failure', title: '1 problem' })
    expect(run?.annotations).toMatchObject([
      {
        path: '.fairway/thief.yaml',
        start_line: 3,
        message: `the source ${source} may not declare workloads of System claims; ask its owners to add it to \`spec.sources\``,
      },
    ])
    expect(await everything()).toEqual(before)
  })

  it('P1: is not written about again for the same webhook, and anew for a new head', async () => {
    const first = await pull(4, { '.fairway/quotes.yaml': quotes().replace('worker', 'wurker') })
    world.controlPlane.resetCounts()
    await looked(4, first)
    await looked(4, first)
    expect(writes()).toEqual({})
    const second = await pull(4, { '.fairway/quotes.yaml': quotes() })
    expect(runs(first).map(({ conclusion }) => conclusion)).toEqual(['failure'])
    expect(runs(second).map(({ conclusion }) => conclusion)).toEqual(['success'])
  })

  it('that is gone, or of another installation, is not looked at', async () => {
    world.controlPlane.resetCounts()
    expect(await looked(99, 'f'.repeat(40))).toBe(202)
    const before = world.controlPlane.github.checkRuns(ids.repository.id).length
    await hook('pull_request', {
      action: 'opened',
      number: 4,
      installation: { id: 1 },
      pull_request: { head: { sha: 'f'.repeat(40) } },
    })
    expect(world.controlPlane.github.checkRuns(ids.repository.id)).toHaveLength(before)
    expect(writes()).toEqual({})
  })
})

describe('after the merge', () => {
  const names = ['quotes', 'two', 'three']
  const all = Object.fromEntries(names.map((name) => [`.fairway/${name}.yaml`, manifest(name, [], 'policy-admin')]))

  it('the commit’s check run says what was created, and it is', async () => {
    const commit = await push(all)
    const [run, ...more] = pushed(commit)
    expect(more).toEqual([])
    expect(run).toMatchObject({ conclusion: 'success', title: '3 created' })
    expect(run?.summary).toContain('Workload `policy-admin/quotes`, `.fairway/quotes.yaml:1`')
    expect((await workload(world, 'policy-admin/quotes')).status.phase).toBe('AwaitingImage')
    await image(world, 'policy-admin/quotes')
    expect((await workload(world, 'policy-admin/quotes')).status.phase).toBe('Ready')
  })

  it('P1: the same push again, and a look of the schedule, write nothing and ask GitHub nothing', async () => {
    const commit = await commitOf()
    world.controlPlane.resetCounts()
    await hook('push', { ref: 'refs/heads/main', after: commit })
    await world.controlPlane.bus.publish([{ type: 'SourceChanged', detail: { source, reason: 'schedule' } }])
    await world.controlPlane.settle()
    expect(writes()).toEqual({})
    expect(world.controlPlane.counts()['github']).toBeUndefined()
  })

  it('a pull request says what it changes of it, by capability', async () => {
    const commit = await pull(5, { ...all, '.fairway/quotes.yaml': quotes(['image: { track: "release-*" }']) })
    const [run] = runs(commit)
    expect(run).toMatchObject({ conclusion: 'success', title: '1 to change' })
    expect(run?.summary).toContain('  - image: `*` → `release-*` (`dev`)')
    expect(run?.summary).toContain('Unchanged: 2.')
  })

  it('P9: a pull request that would remove more than the brake allows says so, and so does the push', async () => {
    const rest = { '.fairway/quotes.yaml': quotes() }
    const planned = await pull(6, rest)
    expect(runs(planned)[0]).toMatchObject({ conclusion: 'success', title: '2 to remove, held by the brake' })
    expect(runs(planned)[0]?.summary).toContain('`fairway go policy-admin-services`')
    const commit = await push(rest)
    expect(pushed(commit)[0]).toMatchObject({ title: '2 no longer declared, held by the brake' })
    expect((await workload(world, 'policy-admin/two')).intent).toBe('present')
    await world.controlPlane.operate({ operation: 'go', source })
    await world.controlPlane.settle()
    expect(pushed(commit).at(-1)).toMatchObject({ conclusion: 'success', title: '2 being removed' })
  })

  it('a push that GitHub hears nothing of for a while is admitted, and shown when GitHub is back', async () => {
    const { github } = world.controlPlane
    github.fault = (call) => (call.path.endsWith('/check-runs') ? { status: 404 } : undefined)
    const commit = await push({ '.fairway/quotes.yaml': quotes(['image: { track: "v*" }']) })
    expect((await workload(world, 'policy-admin/quotes')).generation).toBe(2)
    expect(pushed(commit)).toEqual([])
    github.fault = undefined
    await world.controlPlane.bus.publish([{ type: 'SourceChanged', detail: { source, reason: 'schedule' } }])
    await world.controlPlane.settle()
    expect(pushed(commit)).toMatchObject([{ conclusion: 'success', title: '1 changed' }])
  })
})

async function commitOf(): Promise<string> {
  const directory = join(world.directory, 'sources', `${source}.git`)
  return (await promisify(execFile)('git', ['--git-dir', directory, 'rev-parse', 'main'])).stdout.trim()
}
