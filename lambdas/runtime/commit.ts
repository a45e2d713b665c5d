import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { blobId } from '../../git/blob.ts'
import { createChanges } from '../../store/changes.ts'
import { s3Puts } from '../../store/contents/s3.ts'
import { once } from '../core.ts'
import type { CommitRuntime } from '../commit/handler.ts'
import { coreRuntime } from './core.ts'
import { sqsWriterQueue } from './queue.ts'
import { rendering } from './rendering.ts'
import { listerRuntime } from './lister.ts'

export const commitRuntime = once(async (): Promise<CommitRuntime> => {
  const core = await coreRuntime()
  const { FAIRWAY_CONTENTS, FAIRWAY_WRITER_QUEUE } = core.config
  return {
    ...core,
    ...rendering,
    writer: await listerRuntime(),
    blobId,
    changes: createChanges(core.table),
    contents: s3Puts(new S3Client({}), FAIRWAY_CONTENTS),
    queue: sqsWriterQueue(new SQSClient({}), FAIRWAY_WRITER_QUEUE, core.random),
  }
})
