import { createInbox, errors } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { timeouts } from './provider.ts'

/** Servers that the system account reaches, by the count that each of them keeps. */
export async function countServers(connection: NatsConnection): Promise<number> {
  const answer = await connection.request('$SYS.REQ.SERVER.PING.STATSZ', '', { timeout: timeouts.request })
  return answer.json<{ statsz: { active_servers?: number } }>().statsz.active_servers ?? 1
}

/** Replies of up to `servers` servers; fewer when some stay silent, which 2.9 does for what it does not have. */
export async function ask(
  connection: NatsConnection,
  subject: string,
  payload: string,
  servers: number,
  maxWait: number = timeouts.request,
): Promise<string[]> {
  const replies: string[] = []
  const options = { strategy: 'count', maxMessages: servers, maxWait } as const
  for await (const message of await connection.requestMany(subject, payload, options)) replies.push(message.string())
  return replies
}

/** The same while it is still being found out how many servers there are: one round trip for both questions. */
export async function askMeanwhile(
  connection: NatsConnection,
  subject: string,
  payload: string,
  servers: Promise<number>,
): Promise<string[]> {
  const replies: string[] = []
  const over = Promise.withResolvers<void>()
  // On a connection that is closed, asking fails before anybody waits.
  over.promise.catch(() => undefined)
  let expected = Infinity
  const endWhenAllAreHere = () => {
    if (replies.length >= expected) over.resolve()
  }
  servers.then((count) => {
    expected = count
    endWhenAllAreHere()
  }, over.reject)
  const subscription = connection.subscribe(createInbox(), {
    callback: (error, message) => {
      if (error) return over.reject(error)
      // https://docs.nats.io/nats-concepts/core-nats/reqreply: no responders
      if (message.headers?.code === 503) return over.reject(new errors.NoRespondersError(subject))
      replies.push(message.string())
      endWhenAllAreHere()
    },
  })
  const timer = setTimeout(over.resolve, timeouts.request)
  try {
    connection.publish(subject, payload, { reply: subscription.getSubject() })
    await over.promise
    return replies
  } finally {
    clearTimeout(timer)
    subscription.unsubscribe()
  }
}
