import type { Clock } from '../domain/effects.ts'
import type { WriterQueue } from '../domain/handover.ts'

export interface LocalQueue extends WriterQueue {
  /** Messages that were not taken yet, those under way included. */
  readonly pending: number
  /** Resolves when nothing is pending. */
  idle(): Promise<void>
}

export interface LocalQueueOptions {
  readonly clock: Clock
  /** The function behind the queue, with an event as SQS has it. */
  readonly call: (event: unknown) => Promise<unknown>
  /** One JSON line. */
  readonly log: (line: string) => void
  /** Times that a message is delivered before it is given up, as the queue in AWS has it; 30 when absent. */
  readonly tries?: number
}

/** As Lambda takes from a FIFO queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const batch = 10

const longestPause = 10_000

interface Message {
  readonly body: string
  received: number
}

/**
 * The writers' queue and its event source mapping in this process: per repository one call at a time, in order, up to
 * ten messages each; what a call failed for comes back before anything else of that repository.
 */
export function createLocalQueue({ clock, call, log, tries = 30 }: LocalQueueOptions): LocalQueue {
  const groups = new Map<string, Message[]>()
  const idle: (() => void)[] = []
  let pending = 0
  let sent = 0

  async function serve(group: string, messages: Message[]): Promise<void> {
    while (messages.length > 0) {
      const taken = messages.slice(0, batch)
      for (const message of taken) message.received += 1
      const Records = taken.map(({ body, received }) => record(group, body, received, ++sent))
      try {
        await call({ Records })
        taken.splice(0).forEach(() => settle(messages))
      } catch (error) {
        await afterFailure(messages, taken, error)
      }
    }
    groups.delete(group)
  }

  async function afterFailure(messages: Message[], taken: readonly Message[], error: unknown): Promise<void> {
    const [first] = taken
    if (first !== undefined && first.received < tries)
      return clock.sleep(Math.min(longestPause, 100 * 2 ** first.received))
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    log(JSON.stringify({ level: 'ERROR', message: `given up after ${tries} tries: ${message}`, body: first?.body }))
    settle(messages)
  }

  function settle(messages: Message[]): void {
    messages.shift()
    pending -= 1
    if (pending === 0) for (const resolve of idle.splice(0)) resolve()
  }

  return {
    async wake({ url, branch }, change) {
      const group = JSON.stringify([url, branch])
      const message = { body: JSON.stringify({ target: { url, branch }, change }), received: 0 }
      pending += 1
      const waiting = groups.get(group)
      if (waiting) return void waiting.push(message)
      const messages = [message]
      groups.set(group, messages)
      // After the caller is done, as a real queue delivers.
      setImmediate(() => void serve(group, messages))
    },
    get pending() {
      return pending
    },
    async idle() {
      if (pending > 0) await new Promise<void>((resolve) => idle.push(resolve))
    },
  }
}

/** As much of a record as the handler looks at. */
function record(group: string, body: string, received: number, number: number) {
  return {
    messageId: `local-${number}`,
    receiptHandle: `local-${number}`,
    body,
    attributes: { MessageGroupId: group, ApproximateReceiveCount: String(received) },
  }
}
