import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { findProgram } from '../servers/program.ts'
import { everything, stackNames } from './stacks.ts'

/** The synthesised templates under cfn-lint, which knows the schemas of CloudFormation and of the States Language. */

interface Finding {
  readonly Filename: string
  readonly Rule: { readonly Id: string }
  readonly Message: string
  readonly Location: { readonly Path: { readonly Resource?: string } | readonly (string | number)[] | null }
}

/** Errors and warnings that are as they should be: what, and why. */
const accepted: readonly { readonly rule: string; readonly message: RegExp; readonly reason: string }[] = [
  {
    rule: 'W3005',
    message: /^'\w+' dependency already enforced by a 'GetAtt'/,
    reason: 'CDK lets a function or machine depend on its role as a whole, policies included, and names the role twice',
  },
]

/** Far from each other, so that a resource type that one of them lacks is seen. */
const regions = ['us-east-1', 'eu-west-1', 'ap-southeast-2']

const program = findProgram('CFN_LINT_BIN', 'cfn-lint')
if (program === undefined) {
  process.stdout.write(
    'cfn-lint is skipped: no CFN_LINT_BIN, no cfn-lint on PATH, none in .venv/bin (test/servers/install.sh)\n',
  )
}

let findings: readonly Finding[] = []
beforeAll(async () => {
  if (program === undefined) return
  const directory = await mkdtemp(join(tmpdir(), 'fairway-cfnlint-'))
  everything(directory).app.synth()
  findings = await lint(program, directory)
  await rm(directory, { recursive: true, force: true })
}, 180_000)

describe.skipIf(program === undefined)('cfn-lint', () => {
  it.each(stackNames)('finds nothing in the template %s but what is listed here', (name) => {
    const own = findings.filter(({ Filename }) => Filename.endsWith(`/${name}.template.json`))
    expect(own.filter((finding) => !isAccepted(finding)).map(told)).toEqual([])
  })

  it('finds what is listed here, each of it', () => {
    expect(accepted.filter((each) => !findings.some((finding) => matches(each, finding)))).toEqual([])
  })
})

async function lint(command: string, directory: string): Promise<readonly Finding[]> {
  const templates = stackNames.map((name) => join(directory, `${name}.template.json`))
  const options = ['--format', 'json', '--non-zero-exit-code', 'none', '--regions', ...regions]
  const run = promisify(execFile)
  const { stdout } = await run(command, [...options, '--template', ...templates], { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout) as readonly Finding[]
}

function isAccepted(finding: Finding): boolean {
  return accepted.some((each) => matches(each, finding))
}

function matches({ rule, message }: (typeof accepted)[number], finding: Finding): boolean {
  return finding.Rule.Id === rule && message.test(finding.Message)
}

function told({ Rule, Message, Location }: Finding): string {
  return `${Rule.Id} at ${JSON.stringify(Location.Path)}: ${Message}`
}
