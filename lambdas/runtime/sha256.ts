import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'

/** SHA-256, or HMAC with it where there is a key, in the shape that `SignatureV4` asks for. */
export class NodeSha256 {
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
