import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** `bin/app.ts` as the CDK command runs it: without credentials, with its settings in the context. */

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-app-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('the app', () => {
  it('is a control plane, with the sources, accounts and regions of the context', async () => {
    const template = await synthesised('fairway-eu', {
      natsOperators: 'main, edge',
      gitSources: 'quotes',
      argocdClusters: 'dev',
      members: '333333333333,444444444444',
      regions: 'eu-west-1, eu-central-1',
      clusters: 'dev-1',
    })
    for (const name of ['webhooks/git/quotes', 'webhooks/argocd/dev', 'nats/main', 'nats/edge']) {
      expect(template).toContain(`"Name": "fairway-control/eu/${name}"`)
    }
    expect(template).toContain('"FAIRWAY_MEMBERS": "333333333333,444444444444"')
    expect(template).toContain('secretsmanager.eu-central-1.amazonaws.com')
    expect(template).toContain('"RoleName": "fairway-external-secrets"')
  })

  it('is a member account where it is told whose', async () => {
    const template = await synthesised('fairway-eu-member', {
      controlPlaneAccount: '222222222222',
      controlPlaneRegion: 'eu-north-1',
      externalId: 'agreed',
      clusters: 'dev-1',
    })
    expect(template).toContain(':iam::222222222222:role/fairway-control/fairway-eu-tenancy')
    expect(template).toContain(':events:eu-north-1:222222222222:event-bus/fairway-eu')
    expect(template).toContain('"sts:ExternalId": "agreed"')
    expect(template).toContain('"Type": "AWS::EKS::PodIdentityAssociation"')
    expect(template).not.toContain('AWS::Lambda::Function')
  })

  it('is a further region, without the roles that an account has once', async () => {
    const context = { furtherRegion: 'true', controlPlaneAccount: '222222222222', key: 'false' }
    const template = await synthesised('fairway-eu-region', context)
    expect(template).toContain(':222222222222:event-bus/fairway-eu')
    expect(template).not.toContain('fairway-eu-tenancy')
    expect(template).not.toContain('AWS::KMS::Key')
  })

  it('says what it needs for a further region', async () => {
    await expect(synthesised('fairway-eu-region', { furtherRegion: 'true' })).rejects.toThrow('controlPlaneAccount')
  })
})

async function synthesised(stack: string, context: object): Promise<string> {
  const settings = { installation: 'eu', 'aws:cdk:bundling-stacks': [], ...context }
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../bin/app.ts', import.meta.url))], {
    env: { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(settings) },
  })
  const templates = (await readdir(directory)).filter((name) => name.endsWith('.template.json'))
  // One stack, so that `cdk deploy` needs no name.
  expect(templates).toEqual([`${stack}.template.json`])
  return readFile(join(directory, `${stack}.template.json`), 'utf8')
}
