import { describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { appKey } from './github.ts'

// Not whole, so that nobody takes it for a key.
const pem = '-----BEGIN\nvisible\n'
const read = (value: unknown) =>
  appKey(new SecretValue(typeof value === 'string' ? value : JSON.stringify(value)), 'name')

describe('the secret of the GitHub App', () => {
  it.each(['4711', 4711])('has the App’s id as text or number (%j), and the key as it was downloaded', (appId) => {
    const key = read({ appId, privateKey: pem })
    expect(key.appId).toBe('4711')
    expect(reveal(key.privateKey)).toBe(pem)
  })

  it.each<[string, unknown]>([
    ['the key alone', pem],
    ['a client id, by which check runs are not found', { appId: 'Iv23liAbCdEf', privateKey: pem }],
    ['no key', { appId: '4711' }],
    ['a path in the place of the key', { appId: '4711', privateKey: 'visible.pem' }],
    ['something more', { appId: '4711', privateKey: pem, webhook: 'visible' }],
  ])('in another form (%s) is Terminal, names the secret and shows nothing of it', (_, value) => {
    try {
      read(value)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(Terminal)
      expect((error as Terminal).message).toContain('the secret name')
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('visible')
    }
  })
})
