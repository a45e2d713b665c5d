import { SignatureV4 } from '@smithy/signature-v4'
import { dnsSuffixOf } from '../../domain/partition.ts'
import { NodeSha256 } from '../runtime/sha256.ts'

/**
 * KMS in the shape of the SDK's client, for the one call that Fairway makes: a package for it would be the largest part
 * of the doctor. https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
 */
export interface KmsCommand<Output> {
  readonly operation: string
  readonly input: object
  /** Of the type only. */
  readonly output?: Output
}

export interface KmsClient {
  send<Output>(command: KmsCommand<Output>): Promise<Output>
}

export interface KeyAnswer {
  readonly KeyMetadata?: { readonly Arn?: string; readonly KeyState?: string }
}

export class DescribeKeyCommand implements KmsCommand<KeyAnswer> {
  readonly operation = 'DescribeKey'
  readonly input: { readonly KeyId: string }
  declare readonly output?: KeyAnswer
  constructor(input: { readonly KeyId: string }) {
    this.input = input
  }
}

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface KmsOptions {
  readonly region: string
  readonly credentials: () => Promise<Credentials>
  /** Instead of AWS’s own. */
  readonly endpoint?: string
  readonly now: () => number
}

const type = 'application/x-amz-json-1.1'

export function kmsClient(options: KmsOptions): KmsClient {
  return {
    async send<Output>({ operation, input }: KmsCommand<Output>) {
      const url = new URL(options.endpoint ?? `https://kms.${options.region}.${dnsSuffixOf(options.region)}`)
      const body = JSON.stringify(input)
      const headers = await signed(options, url, operation, body)
      const response = await fetch(url, { method: 'POST', headers, body })
      const text = await response.text()
      if (!response.ok) throw refusal(response.status, text)
      return JSON.parse(text || '{}') as Output
    },
  }
}

async function signed({ region, credentials, now }: KmsOptions, url: URL, operation: string, body: string) {
  const signer = new SignatureV4({ service: 'kms', region, credentials, sha256: NodeSha256 })
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: { host: url.host, 'content-type': type, 'x-amz-target': `TrentService.${operation}` },
    body,
  }
  const { headers } = await signer.sign(request, { signingDate: new Date(now()) })
  const { host: _, ...rest } = headers
  return rest
}

/** As the SDK throws it, which is what domain/awserrors.ts reads. */
function refusal(status: number, text: string): Error {
  const { __type = 'Error', message = '' } = parsed(text)
  const name = __type.slice(__type.indexOf('#') + 1)
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } })
}

function parsed(text: string): { readonly __type?: string; readonly message?: string } {
  try {
    return JSON.parse(text) as { readonly __type?: string; readonly message?: string }
  } catch {
    return {}
  }
}
