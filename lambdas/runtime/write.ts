import { S3Client } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createChanges } from '../../store/changes.ts'
import { s3Gets } from '../../store/contents/s3.ts'
import { once } from '../core.ts'
import type { WriteRuntime } from '../write/handler.ts'
import { coreRuntime } from './core.ts'
import { bringBack, sqsWriterQueue } from './queue.ts'
import { stepFunctionsWaiters } from './waiters.ts'
import { commitLimits, writerRuntime } from './writer.ts'

export const writeRuntime = once(async (): Promise<WriteRuntime> => {
  const { config, store, table, clock, random } = await coreRuntime()
  const sqs = new SQSClient({})
  return {
    store,
    clock,
    changes: createChanges(table),
    contents: s3Gets(new S3Client({}), config.FAIRWAY_CONTENTS),
    queue: sqsWriterQueue(sqs, config.FAIRWAY_WRITER_QUEUE, random),
    bringBack: (receipts, seconds) => bringBack(sqs, config.FAIRWAY_WRITER_QUEUE, receipts, seconds),
    waiters: stepFunctionsWaiters(new SFNClient({})),
    writer: await writerRuntime(),
    limits: commitLimits(config),
  }
})
