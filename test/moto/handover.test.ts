import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../domain/effects.ts'
import { bringBack, sqsWriterQueue } from '../../lambdas/runtime/queue.ts'
import { s3Gets, s3Puts } from '../../store/contents/s3.ts'
import { contentsContract } from '../contract/contents.ts'
import { binary, motoMayBeAbsent, startingMoto, startMoto, type Moto } from './server.ts'

/** Storage and queue of the hand-over, on services that somebody else wrote. */

motoMayBeAbsent()

describe.skipIf(binary === undefined)('moto', () => {
  const place = { region: 'eu-west-1', credentials: { accessKeyId: 'contract', secretAccessKey: 'none' } }
  let moto: Moto
  let s3: S3Client
  let sqs: SQSClient
  let made = 0

  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
    s3 = new S3Client({ endpoint: moto.endpoint, forcePathStyle: true, ...place })
    sqs = new SQSClient({ endpoint: moto.endpoint, ...place })
  }, startingMoto)
  afterAll(async () => {
    s3?.destroy()
    sqs?.destroy()
    await moto?.stop()
  })

  contentsContract('S3 (moto)', async () => {
    const Bucket = `fairway-contract-${++made}`
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))
    return {
      contents: { ...s3Puts(s3, Bucket), ...s3Gets(s3, Bucket) },
      overwrite: async (hash, Body) =>
        void (await s3.send(new PutObjectCommand({ Bucket, Key: `trees/${hash}`, Body }))),
      close: async () => undefined,
    }
  })

  describe('the writers’ queue', () => {
    const one = { url: 'https://git.example/acme/dev.git', branch: 'main' }

    async function queue() {
      const Attributes = { FifoQueue: 'true', VisibilityTimeout: '600' }
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: `writers-${++made}.fifo`, Attributes }),
      )
      const receive = async () => {
        const asked = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] }
        return (await sqs.send(new ReceiveMessageCommand(asked))).Messages ?? []
      }
      return { QueueUrl, receive, writers: sqsWriterQueue(sqs, QueueUrl, systemRandom) }
    }

    it('brings changes of one repository in order, and another repository beside them', async () => {
      const { QueueUrl, receive, writers } = await queue()
      await writers.wake(one, 'first')
      await writers.wake(one, 'second')
      await writers.wake({ ...one, branch: 'next' }, 'other')
      const seen: unknown[] = []
      for (let messages = await receive(); messages.length > 0; messages = await receive()) {
        for (const { Body = '', ReceiptHandle } of messages) {
          seen.push(JSON.parse(Body))
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        }
      }
      const ofOne = seen.filter((body) => JSON.stringify(body).includes('"main"'))
      expect(ofOne).toEqual([
        { target: one, change: 'first' },
        { target: one, change: 'second' },
      ])
      expect(seen).toHaveLength(3)
    })

    it('who is woken again for the same change is woken again', async () => {
      const { receive, writers } = await queue()
      for (const _ of [1, 2]) await writers.wake(one, 'the same')
      expect(await receive()).toHaveLength(2)
    })

    it('what failed comes back when it is said, and not only after the visibility timeout', async () => {
      const { QueueUrl, receive, writers } = await queue()
      await writers.wake(one, 'first')
      const [message] = await receive()
      expect(await receive()).toEqual([])
      await bringBack(sqs, QueueUrl, [message?.ReceiptHandle ?? ''], 0)
      const [again] = await receive()
      expect(again).toMatchObject({ Body: message?.Body, Attributes: { ApproximateReceiveCount: '2' } })
    })
  })
})
