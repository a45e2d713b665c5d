import middy from '@middy/core'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { RetryLater } from '../../domain/errors.ts'
import { writeChanges, type WritePorts } from '../../flow/write.ts'
import type { Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { writeRuntime } from '../runtime/write.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const message = z.object({ target: z.object({ url: z.string(), branch: z.string() }), change: z.string() })

export interface WriteRuntime extends WritePorts {
  /** Messages that failed come back after this many seconds. */
  readonly bringBack: (receipts: readonly string[], seconds: number) => Promise<void>
}

/** A commit that was begun last may take this long. In milliseconds. */
const lastCommit = 30_000

const telemetry = makeTelemetry('write')

/** Messages of a FIFO queue, of one repository as a rule: all are taken, or all come back. */
export const make = (runtime: Runtime<WriteRuntime>) =>
  middy(async ({ Records }: SQSEvent, context: Context) => {
    const ports = await runtime()
    try {
      for (const request of requestsOf(Records)) {
        const deadline = ports.clock.now() + context.getRemainingTimeInMillis() - lastCommit
        const summary = await writeChanges(ports, { ...request, deadline })
        telemetry.logger.info('cluster repository', { target: request.target, ...summary })
        for (const _ of summary.commits) count(telemetry, 'write.commit')
      }
    } catch (error) {
      await soon(ports, Records, error)
      throw error
    }
  }).use(standard(telemetry))

export const handler = make(writeRuntime)

function requestsOf(
  records: readonly SQSRecord[],
): readonly Pick<Parameters<typeof writeChanges>[1], 'target' | 'ids'>[] {
  const messages = records.map(({ body }) => message.parse(JSON.parse(body)))
  const byTarget = Object.groupBy(messages, ({ target }) => JSON.stringify([target.url, target.branch]))
  return Object.values(byTarget).flatMap((these = []) =>
    these[0] === undefined ? [] : [{ target: these[0].target, ids: these.map(({ change }) => change) }],
  )
}

/**
 * The queue itself would keep them back until a function that still ran would have ended. A failure here changes nothing
 * but the time.
 */
async function soon(ports: WriteRuntime, records: readonly SQSRecord[], error: unknown): Promise<void> {
  const tries = Number(records[0]?.attributes.ApproximateReceiveCount ?? 1)
  const notBefore = error instanceof RetryLater ? (error.notBefore ?? 0) : 0
  const seconds = Math.max(Math.min(60, 2.5 * 2 ** tries), (notBefore - ports.clock.now()) / 1000)
  try {
    await ports.bringBack(
      records.map(({ receiptHandle }) => receiptHandle),
      Math.min(seconds, 300),
    )
  } catch (failure) {
    telemetry.logger.warn('messages come back late', { failure: String(failure) })
  }
}
