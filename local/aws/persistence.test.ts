import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CreateRepositoryCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import { pushImage } from './index.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairway-aws-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('what the simulated AWS keeps on disk', () => {
  it('is there again after a restart, in every service', async () => {
    const { aws } = testAws({ directory })
    await aws.ecr().send(new CreateRepositoryCommand({ repositoryName: 'quotes' }))
    const pushed = await pushImage(aws, { ...place, repository: 'quotes', tag: 'main-1', content: 'one' })
    const AssumeRolePolicyDocument = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: { Service: 'pods.eks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    })
    await aws.iam().send(new CreateRoleCommand({ RoleName: 'quotes', AssumeRolePolicyDocument }))
    await aws.secretsManager().send(new CreateSecretCommand({ Name: 'text', SecretString: 'one' }))
    const SecretBinary = new Uint8Array([0, 255])
    await aws.secretsManager().send(new CreateSecretCommand({ Name: 'bytes', SecretBinary }))

    const { aws: again } = testAws({ directory })
    const { imageDetails } = await again.ecr().send(new DescribeImagesCommand({ repositoryName: 'quotes' }))
    expect(imageDetails?.map((image) => image.imageDigest)).toEqual([pushed.detail['image-digest']])
    const { Role } = await again.iam().send(new GetRoleCommand({ RoleName: 'quotes' }))
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(AssumeRolePolicyDocument)
    const read = async (SecretId: string) => again.secretsManager().send(new GetSecretValueCommand({ SecretId }))
    expect((await read('text')).SecretString).toBe('one')
    expect([...((await read('bytes')).SecretBinary ?? [])]).toEqual([0, 255])
  })

  it('keeps accounts and regions apart', async () => {
    const { aws } = testAws({ directory })
    const command = new CreateSecretCommand({ Name: 'one', SecretString: 'one' })
    await aws.secretsManager({ region: 'eu-central-1' }).send(command)
    const { aws: again } = testAws({ directory })
    const find = again.secretsManager().send(new DescribeSecretCommand({ SecretId: 'one' }))
    await expect(find).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const there = again.secretsManager({ region: 'eu-central-1' }).send(new DescribeSecretCommand({ SecretId: 'one' }))
    await expect(there).resolves.toMatchObject({ Name: 'one' })
  })

  it('lets only its owner read secrets', async () => {
    const { aws } = testAws({ directory })
    await aws.secretsManager().send(new CreateSecretCommand({ Name: 'one', SecretString: 'one' }))
    expect(statSync(join(directory, 'secretsmanager.json')).mode & 0o777).toBe(0o600)
  })

  it('is on disk before the answer', async () => {
    const { aws } = testAws({ directory })
    await Promise.all(
      ['a', 'b', 'c'].map(async (Name) => {
        await aws.secretsManager().send(new CreateSecretCommand({ Name, SecretString: 'one' }))
        expect(readFileSync(join(directory, 'secretsmanager.json'), 'utf8')).toContain(`"name": "${Name}"`)
      }),
    )
  })

  it('names the file that is not its own writing, and quotes nothing of it', async () => {
    writeFileSync(join(directory, 'secretsmanager.json'), '{"SecretString": "hunter2')
    expect(() => testAws({ directory })).toThrow(/secretsmanager\.json is not JSON/)
    expect(() => testAws({ directory })).not.toThrow(/hunter2/)
  })

  it('holds everything that was answered when the process is killed', async () => {
    const answered = await writeUntilKilled(60)
    const { aws } = testAws({ directory })
    const found = new Set<string | undefined>()
    let NextToken: string | undefined
    do {
      const page = await aws.secretsManager().send(new ListSecretsCommand({ NextToken }))
      for (const secret of page.SecretList ?? []) found.add(secret.Name)
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(answered.length).toBeGreaterThanOrEqual(60)
    expect(answered.filter((name) => !found.has(name))).toEqual([])
  })
})

/** Names of the secrets whose creation was answered before SIGKILL. */
async function writeUntilKilled(count: number): Promise<string[]> {
  const script = fileURLToPath(new URL('fixturewriter.ts', import.meta.url))
  const writer = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => writer.once('exit', resolve))
  const answered: string[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    answered.push(line)
    if (answered.length === count) writer.kill('SIGKILL')
  }
  await ended
  return answered
}
