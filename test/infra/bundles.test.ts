import { App, Stack } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Metafile } from 'esbuild'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objectsIn as fromSource } from '../../git/objects.ts'
import { memoryFileSystem } from '../../git/memoryfs.ts'
import { stageFunction } from '../../infra/functions.ts'
import { namesOf } from '../../infra/names.ts'
import { grantsOf } from '../../infra/stagegrants.ts'
import { stageNames, type Stage } from '../../infra/stages.ts'
import { operationEvent } from '../../local/operations.ts'
import { bundleTo } from './bundle.ts'

/** The handlers as they are deployed, bundled with the settings of infra/bundling.ts. */

/** Bytes: the more there is, the longer the first call of an instance takes. */
const largest = 900_000

/** Of those that look at what they are asked before they look at their environment. */
const requests: Readonly<Partial<Record<Stage, object>>> = {
  source: { operation: 'read', source: 'quotes', fence: 1, reason: 'push' },
  check: { operation: 'push', source: 'quotes', commit: 'c1' },
  operate: operationEvent('arn:aws:iam::111111111111:user/ada', 'status', '{"operation":"status"}'),
  doctor: operationEvent('arn:aws:iam::111111111111:user/ada', 'doctor', '{"operation":"doctor"}'),
  restore: operationEvent('arn:aws:iam::111111111111:user/ada', 'restore', '{"operation":"restore","confirm":"a"}'),
}

const answers: Readonly<Partial<Record<Stage, string>>> = {
  intake: '"statusCode":503',
  operate: '"statusCode":500',
  doctor: '"statusCode":500',
  restore: '"statusCode":500',
}

let directory: string
const bundles = new Map<Stage, Metafile['outputs'][string]>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-bundles-'))
  for (const stage of stageNames) bundles.set(stage, await bundled(`lambdas/${stage}/handler.ts`, stage))
  const sizes = [...bundles].map(([stage, { bytes }]) => `${stage} ${Math.round(bytes / 1000)}`)
  process.stdout.write(`bundles, in kB: ${sizes.join(', ')}\n`)
}, 120_000)
afterAll(() => rm(directory, { recursive: true, force: true }))

describe.each(stageNames)('the bundle of %s', (stage) => {
  it('is at most 900 kB, the SDK included', () => {
    expect(bundles.get(stage)?.bytes).toBeLessThanOrEqual(largest)
  })

  it('holds no Kubernetes model: those are types', () => {
    expect(inputsOf(stage).filter((path) => path.includes('kubernetes-models'))).toEqual([])
  })

  it('imports nothing but Node at run time', () => {
    const imports = bundles.get(stage)?.imports.map(({ path }) => path.replace(/^node:/, '')) ?? []
    expect(imports.filter((name) => !isBuiltin(name))).toEqual([])
  })

  it('can make every call that its role allows, and no other, the table’s apart', () => {
    const granted = new Set(grantsOf(stage).flatMap(({ actions }) => actions))
    expect([...actionsIn(stage)].sort()).toEqual([...granted].filter(isCall).sort())
  })

  it('loads in a process of its own, and says what it lacks', async () => {
    const code = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(fileOf(stage)).href)})
      await handler(${JSON.stringify(requests[stage] ?? {})}, { functionName: 'f', awsRequestId: 'r', getRemainingTimeInMillis: () => 5000 })
        .then((answer) => process.stdout.write(JSON.stringify(answer ?? null)), (error) => process.stdout.write(error.message))
      process.exit(0)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
      env: { AWS_REGION: 'eu-west-1' },
    })
    // Who is called by API Gateway answers every request; the others end with the error of lambdas/config.ts.
    expect(stdout).toContain(answers[stage] ?? "the function's environment lacks or misspells")
  })
})

describe('the bundler’s settings', () => {
  it('are those that CDK bundles with', async () => {
    const app = new App({ outdir: join(directory, 'cdk') })
    const stack = new Stack(app, 'Stack')
    stageFunction(stack, 'commit', {
      names: namesOf('acme'),
      credentialsKey: new Key(stack, 'Key'),
      environment: {},
      logRetention: RetentionDays.ONE_DAY,
    })
    app.synth()
    const [made = ''] = globSync(join(directory, 'cdk', 'asset.*', '*'))
    expect(basename(made)).toBe('index.mjs')
    expect(readFileSync(made, 'utf8')).toBe(readFileSync(fileOf('commit'), 'utf8'))
  }, 60_000)

  it('take another file of isomorphic-git than Node does, and it reads what the other wrote', async () => {
    await bundled('git/objects.ts', 'objects')
    const { objectsIn: fromBundle } = (await import(pathToFileURL(fileOf('objects')).href)) as {
      objectsIn: typeof fromSource
    }
    for (const [one, other] of [
      [fromSource, fromBundle],
      [fromBundle, fromSource],
    ] as const) {
      const fs = memoryFileSystem()
      const id = await one(fs, '/repository').write('blob', Buffer.from('fairway'))
      const read = await other(fs, '/repository').read(id)
      expect(read).toEqual({ type: 'blob', content: Buffer.from('fairway') })
      expect(await other(fs, '/repository').read('0'.repeat(40))).toBeUndefined()
      const packs = await Promise.all([one, other].map((each) => each(fs, '/repository').pack([id])))
      expect(Buffer.from(packs[0] as Uint8Array).equals(Buffer.from(packs[1] as Uint8Array))).toBe(true)
    }
  })
})

function bundled(entry: string, name: string): Promise<Metafile['outputs'][string]> {
  return bundleTo(entry, fileOf(name))
}

function fileOf(name: string): string {
  return join(directory, `${name}.mjs`)
}

/** What is left in the bundle: an import that nothing uses is not. */
function inputsOf(stage: Stage): readonly string[] {
  return Object.entries(bundles.get(stage)?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path] : [],
  )
}

/** Service prefixes of IAM, where they differ from the package's name. */
const services: Readonly<Record<string, string>> = {
  'secrets-manager': 'secretsmanager',
  eventbridge: 'events',
  sfn: 'states',
  'resource-groups-tagging-api': 'tag',
}

/** Needs no permission, and cannot be denied: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const free = 'sts:GetCallerIdentity'
/** The client of S3 makes it for directory buckets only: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html */
const never = 's3:CreateSession'
/** Actions that are not called like their command. */
const renamed: Readonly<Record<string, string>> = {
  'lambda:Invoke': 'lambda:InvokeFunction',
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
}

/** A command that nothing makes is not in a bundle. */
function actionsIn(stage: Stage): ReadonlySet<string> {
  const commands = inputsOf(stage).flatMap((path) => {
    const [, client = '', command = ''] = /@aws-sdk\/client-([\w-]+)\/.*\/commands\/(\w+)Command\.js$/.exec(path) ?? []
    return client === '' || client === 'dynamodb' ? [] : [`${services[client] ?? client}:${command}`]
  })
  return new Set(
    commands.filter((action) => action !== free && action !== never).map((action) => renamed[action] ?? action),
  )
}

/**
 * Not the log's and the table's, and not what AWS asks for when another call is made, or does in the function's name:
 * calls.test.ts and infra/handovergrants.ts have the reasons.
 */
function isCall(action: string): boolean {
  return !/^(logs|dynamodb|kms):|^iam:PassRole$|^s3:ListBucket$|^sqs:(Receive|Delete|GetQueue)/.test(action)
}

function isBuiltin(name: string): boolean {
  return process.getBuiltinModule(name) !== undefined
}
