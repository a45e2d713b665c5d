import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { run } from '../bin/commands/run.ts'
import { checkManifest } from './support/crds.ts'
import { manifest } from './support/controlplane.ts'

/** The command line, as a person meets it: what it prints, where, and its exit status. */

let directory: string
let out: string[]
let err: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-cli-'))
  out = []
  err = []
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(text))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void err.push(text))
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await rm(directory, { recursive: true, force: true })
})

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text)
  return join(directory, name)
}

describe('fairway validate', () => {
  it('exits 0 for what is valid, and says how much that is', async () => {
    expect(await run(['validate', 'examples/workloads', '--platform', 'examples/platform'])).toBe(0)
    expect(out).toEqual(['4 resources are valid'])
  })

  it('P7: exits 1 and prints every problem with file, line, column and the nearest right word', async () => {
    const path = await file(
      'bad.yaml',
      manifest('one').replace('worker', 'wroker').replace('environments', 'enviroments'),
    )
    expect(await run(['validate', path])).toBe(1)
    expect(err[0]).toMatch(new RegExp(`^${path}:5:9: .*worker`))
    expect(err[1]).toMatch(new RegExp(`^${path}:7:3: .*environments`))
  })

  it('without a platform leaves out what needs a System, with one it does not', async () => {
    const path = await file('one.yaml', manifest('one', ['nats: { publish: [elsewhere.x] }']))
    expect(await run(['validate', path])).toBe(0)
    expect(await run(['validate', path, '--platform', 'examples/platform'])).toBe(1)
    expect(err.join('\n')).toContain('elsewhere.x')
  })

  it('P8: checks as a Source would be', async () => {
    const path = await file('one.yaml', manifest('one'))
    expect(await run(['validate', path, '--platform', 'examples/platform', '--source', 'claims-services'])).toBe(0)
    expect(await run(['validate', path, '--platform', 'examples/platform', '--source', 'policy-admin-services'])).toBe(
      1,
    )
  })

  it('prints JSON for programs', async () => {
    const path = await file('bad.yaml', 'kind: Nothing')
    expect(await run(['validate', path, '--json'])).toBe(1)
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ problems: [{ file: path, line: 1 }], valid: [] })
  })

  it('says which file is missing', async () => {
    expect(await run(['validate', join(directory, 'none.yaml')])).toBe(1)
    expect(err[0]).toContain('there is no file or directory')
  })
})

describe('fairway render', () => {
  const digest = `sha256:${'a'.repeat(64)}`

  it('writes what would stand in each cluster repository, valid for an API server', async () => {
    const args = ['render', 'examples/workloads', '--platform', 'examples/platform', '--out', directory]
    expect(await run([...args, '--image', digest])).toBe(0)
    const paths = (await readdir(directory, { recursive: true })).filter((path) => path.endsWith('.yaml'))
    expect(paths).toContain('prod/manifests/policy-admin/quotes/deployment.yaml')
    expect(paths).toContain('dev/applications/policy-admin/workloads/quotes.yaml')
    for (const path of paths) {
      for (const document of parseAllDocuments(await readFile(join(directory, path), 'utf8'))) {
        expect(checkManifest(document.toJSON()), path).toEqual([])
      }
    }
  })

  it('without an image renders no Deployment for a workload of its own image', async () => {
    expect(
      await run(['render', 'examples/workloads/quotes.yaml', '--platform', 'examples/platform', '--out', directory]),
    ).toBe(0)
    const paths = await readdir(directory, { recursive: true })
    expect(paths.some((path) => path.endsWith('deployment.yaml'))).toBe(false)
    expect(paths.some((path) => path.includes('externalsecret-nats'))).toBe(true)
  })

  it('refuses an image that is no digest', async () => {
    const args = [
      'render',
      'examples/workloads',
      '--platform',
      'examples/platform',
      '--out',
      directory,
      '--image',
      'latest',
    ]
    expect(await run(args)).toBe(1)
    expect(err.join('\n')).toContain('sha256:')
  })
})

describe('every command', () => {
  it.each([
    'validate',
    'render',
    'apply',
    'adopt',
    'status',
    'retire',
    'rotate',
    'transfer',
    'reconcile',
    'go',
    'drift',
    'mode',
    'doctor',
    'restore',
    'demo',
    'local',
  ])('%s --help shows examples and exits 0', async (name) => {
    expect(await run([name, '--help'])).toBe(0)
    expect(out.join('')).toContain(`$ fairway ${name}`)
  })

  it('a word that is none is refused with exit 2 and the nearest one', async () => {
    expect(await run(['statsu'])).toBe(2)
    expect(err.join('')).toContain('status')
  })

  it.each([
    [['rotate', '--dir', '.'], 'give a workload'],
    [['rotate', 'a/b', '--account', 'a/dev', '--dir', '.'], 'give a workload'],
    [['rotate', 'a/b', '--now', '--dir', '.'], 'add --yes'],
    [['rotate', 'a/b', '--to', 'three', '--dir', '.'], 'a number from 1'],
  ])('%j is refused with exit 2 before anybody is asked', async (args, fix) => {
    expect(await run(args)).toBe(2)
    expect(err.join('\n')).toContain(fix)
  })

  it('operations on a directory that does not exist say how to start', async () => {
    expect(await run(['status', '--dir', join(directory, 'none')])).toBe(1)
    expect(err.join('\n')).toContain('fairway local --dir')
  })
})
