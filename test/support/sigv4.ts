import { createHash, createHmac } from 'node:crypto'

/**
 * Verifies a Signature Version 4 from its description alone, sharing nothing with what signs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export interface SignedRequest {
  readonly method: string
  /** As it was sent. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Verified {
  readonly accessKeyId: string
  /** `20150830/us-east-1/service/aws4_request` */
  readonly scope: string
  readonly signedHeaders: readonly string[]
}

/** Undefined when the signature is not the one that this secret makes. */
export function verified(request: SignedRequest, secretOf: (id: string) => string | undefined): Verified | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers['authorization'] ?? '',
    )
  const [, accessKeyId = '', scope = '', names = '', signature = ''] = match ?? []
  const secret = secretOf(accessKeyId)
  if (match === null || secret === undefined) return undefined
  const signedHeaders = names.split(';')
  const canonical = [
    request.method,
    request.path,
    '',
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex') === signature ? { accessKeyId, scope, signedHeaders } : undefined
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
