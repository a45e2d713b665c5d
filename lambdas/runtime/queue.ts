import { ChangeMessageVisibilityBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { callAws } from '../../domain/awserrors.ts'
import type { Random } from '../../domain/effects.ts'
import type { WriterQueue } from '../../domain/handover.ts'
import { sha256 } from '../../domain/hash.ts'

/**
 * The writers' queue: FIFO by repository and branch, so that Lambda runs one writer for each at a time.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export function sqsWriterQueue(client: Pick<SQSClient, 'send'>, QueueUrl: string, random: Random): WriterQueue {
  return {
    async wake({ url, branch }, change) {
      const command = new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify({ target: { url, branch }, change }),
        MessageGroupId: sha256(JSON.stringify([url, branch])),
        // For the SDK's own tries only: to wake twice is harmless, and who is asked again within five minutes, about
        // the same change with another token, must be woken.
        MessageDeduplicationId: Buffer.from(random.bytes(16)).toString('hex'),
      })
      await callAws('wake the writer of a cluster repository', () => client.send(command))
    },
  }
}

/** SQS has no message wait for longer. */
const longestVisibility = 12 * 60 * 60

/** Brings messages that failed back after this many seconds, instead of after the queue's visibility timeout. */
export async function bringBack(
  client: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  receipts: readonly string[],
  seconds: number,
): Promise<void> {
  const VisibilityTimeout = Math.min(longestVisibility, Math.max(0, Math.ceil(seconds)))
  const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout }))
  const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })
  await callAws('bring messages back to the writers', () => client.send(command))
}
