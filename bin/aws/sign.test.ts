import { describe, expect, it } from 'vitest'
import { verified, type SignedRequest } from '../../test/support/sigv4.ts'
import { signedHeaders } from './sign.ts'

/** The example credentials of AWS's documentation. */
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const secretOf = (id: string) => (id === credentials.accessKeyId ? credentials.secretAccessKey : undefined)
const at = new Date('2026-11-21T12:36:00Z')
const url = new URL('https://abc123.execute-api.eu-west-1.amazonaws.com/operations/status')
const body = '{"operation":"status","name":"policy-admin/quotes ü"}'

async function signed(more: { readonly sessionToken?: string } = {}): Promise<SignedRequest> {
  const headers = await signedHeaders(url, body, { region: 'eu-west-1', credentials: { ...credentials, ...more }, at })
  return { method: 'POST', path: url.pathname, headers, body }
}

describe('the verifier of these tests', () => {
  /** `post-vanilla` of the test suite that AWS publishes for Signature Version 4. */
  const vector: SignedRequest = {
    method: 'POST',
    path: '/',
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    },
    body: '',
  }

  it('accepts what AWS publishes as signed', () => {
    expect(verified(vector, secretOf)).toMatchObject({ scope: '20150830/us-east-1/service/aws4_request' })
  })

  it('refuses it with another body, path or date', () => {
    expect(verified({ ...vector, body: 'x' }, secretOf)).toBeUndefined()
    expect(verified({ ...vector, path: '/x' }, secretOf)).toBeUndefined()
    const headers = { ...vector.headers, 'x-amz-date': '20150830T123601Z' }
    expect(verified({ ...vector, headers }, secretOf)).toBeUndefined()
  })
})

describe('a signed request', () => {
  it('verifies, for API Gateway and the region', async () => {
    expect(verified(await signed(), secretOf)).toMatchObject({
      scope: '20261121/eu-west-1/execute-api/aws4_request',
      signedHeaders: expect.arrayContaining(['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date']),
    })
  })

  it('carries the token of temporary credentials, signed', async () => {
    const request = await signed({ sessionToken: 'a token' })
    expect(request.headers['x-amz-security-token']).toBe('a token')
    expect(verified(request, secretOf)?.signedHeaders).toContain('x-amz-security-token')
  })

  it('does not verify with another secret', async () => {
    expect(verified(await signed(), () => 'another')).toBeUndefined()
  })
})
