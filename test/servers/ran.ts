import { readFileSync } from 'node:fs'

/** Fails unless the tests that need a real server ran: a skipped one proves nothing. Reads vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report
const wanted = [
  ['nats-server 2.15', /nats/i, /2\.15/],
  ['nats-server 2.9', /nats/i, /2\.9/],
  ['moto', /conformance/, /moto/i],
  ['moto, its DynamoDB', /moto\/table/, /moto/i],
  ['moto, the templates', /moto\/cloudformation/, /moto/i],
  ['moto, the control plane on it', /moto\/scenario/, /moto/i],
  ['moto, the deployed functions', /moto\/functions/, /moto/i],
  ['cfn-lint', /cfnlint/, /cfn-lint/],
] as const

for (const [what, file, test] of wanted) {
  const tests = report.testResults
    .filter(({ name }) => file.test(name))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => test.test(fullName))
  const count = (status: string) => tests.filter((one) => one.status === status).length
  console.log(
    `${what}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped') + count('pending')} skipped`,
  )
  if (count('passed') === 0) {
    console.error(`no test against ${what} ran`)
    process.exitCode = 1
  }
}
