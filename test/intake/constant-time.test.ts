import * as crypto from 'node:crypto'
import { beforeEach, expect, it, vi } from 'vitest'
import { SecretValue } from '../../domain/secret.ts'
import { signedHex, signedPort } from '../../flow/intake/signature.ts'
import { bytes, hmac } from './fixture.ts'

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>()
  return { ...real, timingSafeEqual: vi.fn((a: Buffer, b: Buffer) => real.timingSafeEqual(a, b)) }
})

const body = bytes('{}')
const keys = [new SecretValue('one'), new SecretValue('two')]

beforeEach(() => {
  vi.mocked(crypto.timingSafeEqual).mockClear()
})

it.each([
  ['right', `sha256=${hmac('one', body, 'hex')}`, true],
  ['wrong', `sha256=${hmac('three', body, 'hex')}`, false],
  ['malformed', 'sha256=abc', false],
  ['absent', undefined, false],
])('a %s signature is compared with every key, by the constant-time comparison', (_name, header, valid) => {
  expect(signedHex(keys, header, body)).toBe(valid)
  expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(2)
})

it('without any key, the same work is done against a key that nobody has', () => {
  expect(signedHex([], `sha256=${hmac('one', body, 'hex')}`, body)).toBe(false)
  expect(signedPort([], `v1,${hmac('one', body, 'base64')}`, '1779278400', body)).toBe(false)
  expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(2)
})
