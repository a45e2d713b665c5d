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
