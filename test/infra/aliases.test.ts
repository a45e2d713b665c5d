import { generateKeyPairSync, verify } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import { defaultProvider } from '../../lambdas/credentials.ts'
import * as reading from '../../manifests/read.ts'
import * as writing from '../../manifests/write.ts'
import * as signing from '../support/signing.ts'
import { bundleTo } from './bundle.ts'

/** What bundles have in the place of what Node would load: infra/bundling.ts. */

const root = fileURLToPath(new URL('../../', import.meta.url))
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-aliases-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

async function load<Module>(entry: string): Promise<Module> {
  const file = join(directory, `${entry.replaceAll('/', '-')}.mjs`)
  await bundleTo(entry, file)
  return (await import(pathToFileURL(file).href)) as Module
}

describe('yaml as an ES module', () => {
  const texts = globSync(`${root}{capabilities,docs,examples,manifests,schemas}/**/*.{yaml,yml,ts,md,json}`).map(
    (path) => readFileSync(path, 'utf8'),
  )

  it('reads the same as Node’s file, with the same problems at the same places, also what is not YAML', async () => {
    const { readDocuments } = await load<typeof reading>('manifests/read.ts')
    const describeAll = ({ documents, problems }: ReturnType<typeof readDocuments>) => ({
      problems,
      documents: documents.map(({ value, flawed, position }) => ({
        value,
        flawed,
        positions: Object.keys(value ?? {}).map((key) => position([key])),
      })),
    })
    expect(texts.length).toBeGreaterThan(150)
    let problems = 0
    for (const text of texts) {
      const expected = describeAll(reading.readDocuments(text, 'file'))
      expect(describeAll(readDocuments(text, 'file'))).toEqual(expected)
      problems += expected.problems.length
    }
    expect(problems).toBeGreaterThan(500)
  })

  it('writes the same as Node’s file', async () => {
    const { emitAll } = await load<typeof writing>('manifests/write.ts')
    const hazards = [
      'no',
      '0o17',
      '1:30',
      '=',
      '<<',
      '!!binary',
      'a\tb',
      '\n a',
      '\u2028',
      'x '.repeat(200),
      '2024-01-01',
    ]
    const values = [
      ...hazards.map((text) => ({ [text]: [text, { text }] })),
      ...texts.flatMap((text) => reading.readDocuments(text, 'file').documents.map(({ value }) => value)),
    ]
    for (const value of values) expect(emitAll([{ value }])).toBe(writing.emitAll([{ value }]))
  })
})

describe('the credentials of the function’s role', () => {
  it('are those of its environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key')
    vi.stubEnv('AWS_SESSION_TOKEN', 'token')
    expect(await defaultProvider()()).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 'key',
      sessionToken: 'token',
    })
  })

  it('are missing loudly, and looked for nowhere else', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '')
    await expect(defaultProvider()()).rejects.toBeInstanceOf(Terminal)
    const { inputs } = await bundleTo('lambdas/lease/handler.ts', join(directory, 'lease.mjs'))
    const others = Object.keys(inputs).filter((path) => /credential-provider-(?!env)|nested-clients/.test(path))
    expect(others).toEqual([])
  })
})

describe('the signature of the GitHub App', () => {
  it.each(['pkcs1', 'pkcs8'] as const)('is right with a key in %s, bundled as well', async (type) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type, format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    for (const { appJwt, reveal, SecretValue } of [signing, await load<typeof signing>('test/support/signing.ts')]) {
      const jwt = reveal(await appJwt({ appId: '4711', privateKey: new SecretValue(privateKey) }, 'the/secret'))
      const [head = '', claims = '', signature = ''] = jwt.split('.')
      const right = verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${claims}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      )
      expect(right).toBe(true)
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: '4711' })
    }
  })
})
