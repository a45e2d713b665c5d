import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { grants as doctor } from '../../lambdas/doctor/grants.ts'
import { bulkGrants as ecrBulk, grants as ecr } from '../../capabilities/ecr/grants.ts'
import { bulkGrants as iamBulk, grants as iam } from '../../capabilities/iam/grants.ts'
import { bulkControlGrants, controlGrants, grants as nats } from '../../capabilities/nats/grants.ts'
import { bulkGrants as secretsBulk, grants as secrets } from '../../capabilities/secrets/grants.ts'
import { grants as tenancy } from '../../capabilities/tenancy/grants.ts'
import type { Grant } from '../../domain/grants.ts'

/**
 * Each capability's grants beside the calls that its code makes. The calls are found in the text: an SDK command is
 * made with `new`, and what is imported from secretentries/ and iamroles/ counts with everything that it calls there.
 */

const root = new URL('../../', import.meta.url)

/** Files of nats/ that talk to the control plane's account; the others talk to the placement's. */
const natsControl = ['master.ts', 'operatorkeys.ts']

const parts: readonly {
  readonly name: string
  readonly grants: readonly Grant[]
  readonly files: readonly string[]
  /** Granted and not called: what for. */
  readonly besides?: Readonly<Record<string, string>>
}[] = [
  { name: 'ecr', grants: ecr, files: filesOf('ecr') },
  {
    name: 'iam',
    grants: iam,
    files: filesOf('iam'),
    besides: { 'iam:PassRole': 'EKS asks for it when an association names a role' },
  },
  {
    name: 'nats, for entries of workloads',
    grants: nats,
    files: filesOf('nats').filter((file) => !natsControl.some((name) => file.endsWith(`/${name}`))),
    besides: throughSecretsManager(),
  },
  {
    name: 'nats, for its own keys',
    grants: controlGrants,
    files: natsControl.map((name) => `capabilities/nats/${name}`),
    besides: {
      ...throughSecretsManager(),
      'secretsmanager:TagResource': 'CreateSecret asks for it when there are tags',
    },
  },
  { name: 'secrets', grants: secrets, files: filesOf('secrets'), besides: throughSecretsManager() },
  { name: 'tenancy', grants: tenancy, files: filesOf('tenancy') },
  { name: 'fleet, in the registry', grants: ecrBulk, files: bulkFilesOf('ecr') },
  {
    name: 'fleet, roles and associations',
    grants: iamBulk,
    files: ['iamroles/bulk.ts', 'iamroles/usage.ts', ...bulkFilesOf('iam')],
  },
  { name: 'fleet, secrets', grants: secretsBulk, files: ['secretentries/bulk.ts', 'capabilities/secrets/bulk.ts'] },
  {
    name: 'fleet, keys of NATS operators',
    grants: bulkControlGrants,
    files: ['capabilities/nats/operatorkeys.ts', ...bulkFilesOf('nats')],
    besides: { 'kms:Decrypt': 'Secrets Manager does it in the caller’s name' },
  },
  { name: 'doctor, where clusters are', grants: doctor, files: ['lambdas/doctor/account.ts'] },
]

describe.each(parts)('$name', ({ grants, files, besides = {} }) => {
  const called = new Set(files.flatMap(callsOf))
  const granted = new Set(grants.flatMap(({ actions }) => actions))

  it('is granted every call that it makes', () => {
    expect([...called].filter((action) => !granted.has(action))).toEqual([])
    expect(called.size).toBeGreaterThan(0)
  })

  it('is granted nothing that it does not call, unless there is a reason', () => {
    expect([...granted].filter((action) => !called.has(action) && besides[action] === undefined)).toEqual([])
  })

  it('has no reason on record for what it calls, or is not granted', () => {
    expect(Object.keys(besides).filter((action) => called.has(action) || !granted.has(action))).toEqual([])
  })
})

function throughSecretsManager(): Record<string, string> {
  const reason = 'Secrets Manager does it in the caller’s name'
  return { 'kms:Decrypt': reason, 'kms:GenerateDataKey': reason }
}

function filesOf(capability: string): string[] {
  const folder = `capabilities/${capability}/`
  return readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^fixture|^(bulk|pages)\.ts$/.test(name))
    .map((name) => folder + name)
}

/** Of looks at all at once, which another function takes. */
function bulkFilesOf(capability: string): string[] {
  return ['bulk.ts', 'pages.ts'].map((name) => `capabilities/${capability}/${name}`)
}

function callsOf(file: string): readonly string[] {
  const text = read(file)
  const shared = ['secretentries', 'iamroles'].flatMap((folder) => {
    const names = importsOf(text, new RegExp(`^\\.\\./\\.\\./${folder}/index\\.ts$`)).map(({ name }) => name)
    return names.length === 0
      ? []
      : reachedFrom(names, functionsOf(read(`${folder}/remote.ts`))).flatMap(({ body }) => body)
  })
  return [...commandsOf(text, text), ...shared, ...remoteCalls(file, text)]
}

/** What a look calls of its capability's own `remote.ts`, whose other calls it has no grants for. */
function remoteCalls(file: string, text: string): readonly string[] {
  if (!file.endsWith('/bulk.ts')) return []
  const names = importsOf(text, /^\.\/remote\.ts$/).map(({ name }) => name)
  return reachedFrom(names, functionsOf(read(file.replace(/bulk\.ts$/, 'remote.ts')))).flatMap(({ body }) => body)
}

interface Declared {
  readonly name: string
  /** Actions of the commands in it. */
  readonly body: readonly string[]
  /** Other functions of the file that it mentions. */
  readonly mentions: readonly string[]
}

/** Top-level functions of a file: formatted code ends them with a brace in the first column. */
function functionsOf(text: string): readonly Declared[] {
  const found = [...text.matchAll(/^(?:export )?(?:async )?function (\w+)[\s\S]*?^}/gm)]
  const names = found.map((match) => match[1] ?? '')
  return found.map(([body], index) => ({
    name: names[index] ?? '',
    body: commandsOf(body, text),
    mentions: names.filter((name, other) => other !== index && new RegExp(`\\b${name}\\b`).test(body)),
  }))
}

function reachedFrom(names: readonly string[], declared: readonly Declared[]): readonly Declared[] {
  const reached = new Map<string, Declared>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const found = declared.find((each) => each.name === name)
    if (found === undefined || reached.has(name)) continue
    reached.set(name, found)
    open.push(...found.mentions)
  }
  return [...reached.values()]
}

/** Service prefixes of IAM, where they differ from the package's name. */
const services: Readonly<Record<string, string>> = {
  'secrets-manager': 'secretsmanager',
  'resource-groups-tagging-api': 'tag',
}

function commandsOf(code: string, file: string): readonly string[] {
  const imported = new Map(
    // KMS has no package here, but a file of the same shape.
    importsOf(file, /^(@aws-sdk\/client-|\.\/kms\.ts$)/).map(({ name, from }) => [
      name,
      from.replace(/^(@aws-sdk\/client-|\.\/)|\.ts$/g, ''),
    ]),
  )
  return [...code.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => {
    const client = imported.get(`${name}Command`)
    if (client === undefined) throw new Error(`${name}Command comes from no SDK client`)
    return `${services[client] ?? client}:${name}`
  })
}

function importsOf(text: string, from: RegExp): readonly { readonly name: string; readonly from: string }[] {
  return [...text.matchAll(/^import (?!type)\{([^}]*)\} from '([^']+)'/gm)].flatMap(([, names = '', module = '']) =>
    from.test(module)
      ? names
          .split(',')
          .map((name) => ({ name: name.trim(), from: module }))
          .filter(({ name }) => name !== '' && !name.startsWith('type '))
      : [],
  )
}

function read(file: string): string {
  return readFileSync(new URL(file, root), 'utf8')
}
