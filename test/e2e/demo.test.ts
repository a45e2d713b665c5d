import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { runDemo } from '../../local/demo/run.ts'
import type { DemoReport } from '../../local/demo/report.ts'
import { checkManifest, podSecurityViolations } from '../support/crds.ts'

const run = promisify(execFile)

describe('the demo, run twice on one directory', () => {
  let directory: string
  let first: DemoReport
  let second: DemoReport
  const heads: string[][] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairway-demo-test-'))
    first = await runDemo({ directory, print: () => undefined })
    heads.push(await allHeads(directory))
    second = await runDemo({ directory, print: () => undefined })
    heads.push(await allHeads(directory))
  }, 180_000)

  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('takes a form and a push to two workloads that are Ready in both clusters', () => {
    expect(first.ready).toBe(true)
    for (const workload of Object.values(first.workloads)) {
      expect(Object.keys(workload.placements)).toEqual(['dev', 'prod'])
      expect(Object.values(workload.placements).every(({ deployed, digest }) => deployed && digest !== undefined)).toBe(
        true,
      )
    }
  })

  it('P1: run again it writes nothing, moves no branch and makes no version', () => {
    expect(second).toMatchObject({ ready: true, unchanged: true, writes: 0 })
    expect(heads[1]).toEqual(heads[0])
    const versions = (report: DemoReport) => Object.values(report.workloads).map(({ secretVersions }) => secretVersions)
    expect(versions(second)).toEqual(versions(first))
    expect(versions(first).flatMap(Object.keys).length).toBeGreaterThan(0)
  })

  it('leaves a Deployment with the pushed digest on each branch', async () => {
    for (const name of ['quotes', 'policies']) {
      const { digest } = first.workloads[`policy-admin/${name}`]?.placements['dev'] ?? {}
      for (const repository of ['cluster-dev', 'cluster-prod']) {
        const text = await show(directory, repository, `manifests/policy-admin/${name}/deployment.yaml`)
        expect(text).toContain(`policy-admin/${name}@${digest}`)
      }
    }
  })

  it('commits only manifests that an API server takes, with pods that meet the restricted standard', async () => {
    for (const repository of ['cluster-dev', 'cluster-prod']) {
      const paths = (await git(directory, repository, 'ls-tree', '-r', '--name-only', 'main'))
        .split('\n')
        .filter(Boolean)
      expect(paths.length).toBeGreaterThan(10)
      for (const path of paths) {
        for (const document of parseAllDocuments(await show(directory, repository, path))) {
          const object: unknown = document.toJSON()
          expect(checkManifest(object), path).toEqual([])
          expect(podSecurityViolations(object), path).toEqual([])
        }
      }
    }
  })

  it('P3: no secret value is anywhere but in the simulated Secrets Manager and the operator’s keys', async () => {
    const values = secretValues(JSON.parse(await readFile(join(directory, 'aws/secretsmanager.json'), 'utf8')))
    expect(values.length).toBeGreaterThan(5)
    const forms = values.flatMap((value) => [
      value,
      Buffer.from(value).toString('base64'),
      JSON.stringify(value).slice(1, -1),
    ])
    const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.endsWith('aws/secretsmanager.json') && !path.includes('/nats/'))
    expect(files.length).toBeGreaterThan(20)
    for (const path of files) {
      const bytes = await readFile(path)
      for (const form of forms) expect(bytes.includes(form), path).toBe(false)
    }
    for (const repository of ['cluster-dev', 'cluster-prod']) {
      const everything = await git(directory, repository, 'log', '-p', '--all')
      for (const form of forms) expect(everything.includes(form)).toBe(false)
    }
  })

  it('one commit per change and repository: platform, declaration, image', () => {
    for (const commits of Object.values(first.repositories)) {
      expect(commits.map(({ subject }) => subject.replace(/ (to|in) .*/, ''))).toEqual(
        expect.arrayContaining([
          'policy-admin: update',
          'policy-admin/quotes: update',
          'policy-admin/quotes: deploy main-1',
          'policy-admin/policies: deploy main-1',
        ]),
      )
      expect(commits).toHaveLength(6)
    }
  })
})

it('what somebody deletes by hand is named and put back, with the bytes that were there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-demo-drift-'))
  try {
    const { ready, drift } = await runDemo({ directory, drift: true, print: () => undefined })
    const file = 'manifests/policy-admin/quotes/deployment.yaml'
    expect(ready).toBe(true)
    expect(drift).toMatchObject({ file, found: [{ kind: 'manifest-deleted', where: file }] })
    expect(drift?.repairedAt).toBeDefined()
    const [now, before] = await Promise.all(
      ['main', 'main~2'].map((ref) => git(directory, 'cluster-dev', 'rev-parse', `${ref}:${file}`)),
    )
    expect(now).toBe(before)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 120_000)

async function git(directory: string, repository: string, ...args: string[]): Promise<string> {
  return (
    await run('git', ['--git-dir', join(directory, 'repos', `${repository}.git`), ...args], { maxBuffer: 1 << 27 })
  ).stdout
}

function show(directory: string, repository: string, path: string): Promise<string> {
  return git(directory, repository, 'show', `main:${path}`)
}

async function allHeads(directory: string): Promise<string[]> {
  return Promise.all(
    ['cluster-dev', 'cluster-prod'].map((repository) => git(directory, repository, 'rev-parse', 'main')),
  )
}

/** Every value of every version, and every member of those that hold JSON. */
function secretValues(state: unknown): string[] {
  if (typeof state !== 'object' || state === null) return []
  return Object.entries(state).flatMap(([key, value]) =>
    key === 'string' && typeof value === 'string' ? [value, ...membersOf(value)] : secretValues(value),
  )
}

function membersOf(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text)
    const members = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : []
    return members.filter((member): member is string => typeof member === 'string' && member.length >= 12)
  } catch {
    return []
  }
}
