import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { testAws } from '../../local/aws/fixture.ts'
import { controlSecrets, parseSecret } from './control.ts'

describe('secrets of the control plane', () => {
  it('are the current and the previous value, so that a rotation loses no webhook', async () => {
    const { aws, clock } = testAws()
    const client = aws.secretsManager()
    const secrets = controlSecrets(client, clock)
    expect(await secrets('hook')).toEqual([])
    await client.send(new CreateSecretCommand({ Name: 'hook', SecretString: 'one' }))
    expect((await secrets('hook')).map(reveal)).toEqual(['one'])
    await client.send(new PutSecretValueCommand({ SecretId: 'hook', SecretString: 'two' }))
    clock.advance(6 * 60_000)
    expect((await secrets('hook')).map(reveal)).toEqual(['two', 'one'])
  })

  it('are read once in five minutes, and an empty answer is not kept', async () => {
    const { aws, clock } = testAws()
    const secrets = controlSecrets(aws.secretsManager(), clock)
    await secrets('hook')
    await aws.outside.secretsManager().send(new CreateSecretCommand({ Name: 'hook', SecretString: 'one' }))
    expect(await secrets('hook')).toHaveLength(1)
    const { reads } = aws.calls.snapshot().secretsmanager
    await secrets('hook')
    expect(aws.calls.snapshot().secretsmanager.reads).toBe(reads)
  })

  it('P3: one in the wrong form is refused without any of it in the error', () => {
    const wrong = new SecretValue('{"clientId": "visible", "oops')
    const read = () => parseSecret(wrong, z.strictObject({ clientId: z.string() }), 'the/secret', '{"clientId": "…"}')
    expect(read).toThrow(Terminal)
    expect(read).toThrow('the secret the/secret is empty or not in the right form')
    expect(() => parseSecret(undefined, z.string(), 'the/secret', '…')).toThrow('is empty')
    try {
      read()
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('visible')
    }
  })
})
