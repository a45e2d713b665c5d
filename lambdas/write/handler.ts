import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { RetryLater } from '../../domain/errors.ts'
import { writeChanges, type WritePorts } from '../../flow/write.ts'
import type { Runtime } from '../core.ts'
import { describe, standard } from '../middleware.ts'
import { writeRuntime } from '../runtime/write.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const message = z.object({ target: z.object({ url: z.string(), branch: z.string() }), change: z.string() })

export interface WriteRuntime extends WritePorts {
  /** Messages that failed come back after this many seconds. */
  readonly bringBack: (receipts: readonly string[], seconds: number) => Promise<void>
}

/** A commit that was begun last may take this long: a push that the host leaves unanswered for a minute included. In milliseconds. */
const lastCommit = 65_000

/** A function that is ended in its work is over by then. In seconds. */
const afterTheEnd = 5

const telemetry = makeTelemetry('write')

interface Request extends Pick<Parameters<typeof writeChanges>[1], 'target' | 'ids'> {
  readonly records: readonly SQSRecord[]
}

/**
 * Messages of a FIFO queue. One batch may hold those of several repositories, and one that fails is no reason to keep
 * back another: https://aws.amazon.com/blogs/compute/new-for-aws-lambda-sqs-fifo-as-an-event-source/
 * Of a repository all are taken, or all come back.
 */
export const make = (runtime: Runtime<WriteRuntime>) =>
  middy(async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const ports = await runtime()
    const remaining = () => context.getRemainingTimeInMillis()
    // Whoever is ended in its work cannot give them back, and the queue keeps them for much longer.
    await bringBack(ports, Records, remaining() / 1000 + afterTheEnd)
    const requests = requestsOf(Records)
    const failed = new Map<Request, unknown>()
    for (const [index, request] of requests.entries()) {
      try {
        await write(ports, request, { remaining: remaining(), first: index === 0 })
      } catch (error) {
        failed.set(request, error)
        await soon(ports, request.records, error)
      }
    }
    const [error] = failed.values()
    if (failed.size === requests.length && error !== undefined) throw error
    for (const [{ target }, failure] of failed) {
      telemetry.logger.warn('cluster repository failed', { target, failure: describe(failure) })
    }
    const messages = [...failed.keys()].flatMap(({ records }) => records)
    return { batchItemFailures: messages.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }).use(standard(telemetry))

export const handler = make(writeRuntime)

async function write(
  ports: WriteRuntime,
  { target, ids }: Request,
  { remaining, first }: { readonly remaining: number; readonly first: boolean },
): Promise<void> {
  if (remaining < lastCommit && !first) throw new RetryLater('other repositories took all the time of this call')
  const deadline = ports.clock.now() + remaining - lastCommit
  const summary = await writeChanges(ports, { target, ids, deadline })
  telemetry.logger.info('cluster repository', { target, ...summary })
  for (const _ of summary.commits) count(telemetry, 'write.commit')
}

function requestsOf(records: readonly SQSRecord[]): readonly Request[] {
  const messages = records.map((record) => ({ record, ...message.parse(JSON.parse(record.body)) }))
  const byTarget = Object.groupBy(messages, ({ target }) => JSON.stringify([target.url, target.branch]))
  return Object.values(byTarget).flatMap((these = []) => {
    const ids = these.map(({ change }) => change)
    const records = these.map(({ record }) => record)
    return these[0] === undefined ? [] : [{ target: these[0].target, ids, records }]
  })
}

/**
 * The queue itself would keep them back until a function that still ran would have ended. A failure here changes nothing
 * but the time.
 */
async function soon(ports: WriteRuntime, records: readonly SQSRecord[], error: unknown): Promise<void> {
  const tries = Number(records[0]?.attributes.ApproximateReceiveCount ?? 1)
  const notBefore = error instanceof RetryLater ? (error.notBefore ?? 0) : 0
  const seconds = Math.max(Math.min(60, 2.5 * 2 ** tries), (notBefore - ports.clock.now()) / 1000)
  await bringBack(ports, records, Math.min(seconds, 300))
}

async function bringBack(ports: WriteRuntime, records: readonly SQSRecord[], seconds: number): Promise<void> {
  const receipts = records.map(({ receiptHandle }) => receiptHandle)
  try {
    await ports.bringBack(receipts, seconds)
  } catch (failure) {
    telemetry.logger.warn('messages come back late', { failure: String(failure) })
  }
}
