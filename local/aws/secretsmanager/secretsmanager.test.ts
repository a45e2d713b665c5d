import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { testAws } from '../fixture.ts'

/** What only time shows; everything else is in test/conformance. */

const DAY = 86_400_000
const SecretId = 'fairway/main/dev/policy-admin/quotes/stripe'

async function withSecret() {
  const { aws, clock } = testAws()
  const client = aws.secretsManager()
  const { ARN } = await client.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }))
  return { client, clock, ARN }
}

describe('a secret under scheduled deletion', () => {
  it('blocks its name until the recovery window has passed, and then is another secret', async () => {
    const { client, clock, ARN } = await withSecret()
    await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
    const create = () => client.send(new CreateSecretCommand({ Name: SecretId }))
    clock.advance(7 * DAY - 1)
    await expect(create()).rejects.toMatchObject({ name: 'InvalidRequestException' })
    clock.advance(1)
    const again = await create()
    expect(again.ARN).not.toBe(ARN)
    await expect(client.send(new GetSecretValueCommand({ SecretId }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  it('is gone for everybody when the window has passed', async () => {
    const { client, clock } = await withSecret()
    await client.send(new DeleteSecretCommand({ SecretId }))
    clock.advance(30 * DAY)
    const gone = { name: 'ResourceNotFoundException' }
    await expect(client.send(new DescribeSecretCommand({ SecretId }))).rejects.toMatchObject(gone)
    await expect(client.send(new RestoreSecretCommand({ SecretId }))).rejects.toMatchObject(gone)
    const { SecretList } = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))
    expect(SecretList).toEqual([])
  })
})

describe('versions without labels', () => {
  const put = (number: number, VersionStages?: string[]) =>
    new PutSecretValueCommand({
      SecretId,
      SecretString: String(number),
      ClientRequestToken: String(number).padStart(32, '0'),
      VersionStages,
    })

  async function versionIds(client: Awaited<ReturnType<typeof withSecret>>['client']): Promise<number[]> {
    const ids: number[] = []
    let NextToken: string | undefined
    do {
      const command = new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true, NextToken })
      const page = await client.send(command)
      ids.push(...(page.Versions ?? []).map((version) => Number(version.VersionId)))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return ids
  }

  it('are pruned beyond 100, the oldest first, and pinned ones stay', async () => {
    const { client, clock } = await withSecret()
    await client.send(put(1, ['AWSCURRENT', 'fairway-g1']))
    for (let number = 2; number <= 110; number += 1) {
      clock.advance(DAY)
      await client.send(put(number))
    }
    const ids = await versionIds(client)
    // 110 is current, 109 previous, 1 pinned; of the rest the newest 100 are kept.
    expect(ids).toContain(1)
    expect(ids).not.toContain(8)
    expect(ids).toContain(9)
    expect(ids).toHaveLength(103)
  })

  it('are not pruned within a day', async () => {
    const { client, clock } = await withSecret()
    for (let number = 1; number <= 120; number += 1) {
      clock.advance(60_000)
      await client.send(put(number))
    }
    expect(await versionIds(client)).toHaveLength(121)
  })
})
