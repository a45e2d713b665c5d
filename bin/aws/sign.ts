import { SignatureV4 } from '@smithy/signature-v4'
import { NodeSha256 } from '../../lambdas/runtime/sha256.ts'
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
