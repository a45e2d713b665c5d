import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-app-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

it('the app synthesises without credentials, and takes its settings from the context', async () => {
  const context = {
    installation: 'eu',
    natsOperators: 'main, edge',
    gitSources: 'quotes',
    argocdClusters: 'dev',
    'aws:cdk:bundling-stacks': [],
  }
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../bin/app.ts', import.meta.url))], {
    env: { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(context) },
  })
  const template = await readFile(join(directory, 'fairway-eu.template.json'), 'utf8')
  for (const name of ['webhooks/git/quotes', 'webhooks/argocd/dev', 'nats/main', 'nats/edge']) {
    expect(template).toContain(`"Name": "fairway-control/eu/${name}"`)
  }
})
