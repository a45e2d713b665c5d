import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { callAws } from '../../domain/awserrors.ts'
import type { Contents } from '../../domain/handover.ts'
import { sha256 } from '../../domain/hash.ts'
import { isHash, verified } from './verified.ts'

/** Objects `trees/<sha256>` of one bucket. Who puts and who gets are two, and neither may do what the other does. */

type Client = Pick<S3Client, 'send'>

/**
 * What is there already is written again, with the same bytes: the bucket's lifecycle counts from the last write, and
 * what was put has to be found for a week from now.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
export function s3Puts(client: Client, Bucket: string): Pick<Contents, 'put'> {
  return {
    async put(text) {
      const hash = sha256(text)
      const input = { Bucket, Key: keyOf(hash), Body: Buffer.from(text), ContentType: 'application/json' }
      await callAws('store what was rendered', () => client.send(new PutObjectCommand(input)))
      return hash
    },
  }
}

export function s3Gets(client: Client, Bucket: string): Pick<Contents, 'get'> {
  return {
    async get(hash) {
      if (!isHash(hash)) return undefined
      const text = await callAws('read what was rendered', () => read(client, Bucket, hash))
      return text === undefined ? undefined : verified(hash, text)
    },
  }
}

async function read(client: Client, Bucket: string, hash: string): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(hash) }))
    return await Body?.transformToString('utf-8')
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined
    throw error
  }
}

function keyOf(hash: string): string {
  return `trees/${hash}`
}
