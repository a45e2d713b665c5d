import { SignatureV4 } from '@smithy/signature-v4'
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { Credentials } from './credentials.ts'

/**
 * The headers of a POST, signed for API Gateway.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export async function signedHeaders(
  url: URL,
  body: string,
  by: { readonly region: string; readonly credentials: Credentials; readonly at: Date },
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: by.region,
    credentials: by.credentials,
    sha256: NodeSha256,
  })
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  }
  return (await signer.sign(request, { signingDate: by.at })).headers
}

/** SHA-256, or HMAC with it where there is a key, in the shape that the signer asks for. */
class NodeSha256 {
  private readonly hash: Hash | Hmac

  constructor(key?: Data) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key))
  }

  update(data: Data): void {
    this.hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest())
  }
}

type Data = string | ArrayBuffer | ArrayBufferView

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
