import { connect, credsAuthenticator, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'

/**
 * A service on NATS as Fairway runs it: it answers requests, and it outlives rotation, expiry and changed permissions.
 * Three things make it so, and all three are needed:
 * - credentials are read anew on every connect, because they may be others by then;
 * - refused credentials are no reason to give up: better ones are on their way;
 * - on SIGTERM it stops taking requests and answers those that it has, because a rotation is a rolling update.
 */

export interface Environment {
  readonly NATS_URL: string
  /** Path of the credentials file. */
  readonly NATS_CREDS: string
  readonly NATS_INBOX_PREFIX: string
}

export function connectTo(environment: Environment, more: ConnectionOptions = {}): Promise<NatsConnection> {
  return connect({
    servers: environment.NATS_URL.split(','),
    authenticator: (nonce) => credsAuthenticator(readFileSync(environment.NATS_CREDS))(nonce),
    inboxPrefix: environment.NATS_INBOX_PREFIX,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ...more,
  })
}

/** Answers every request; after a reconnect the library subscribes again by itself. */
export function serve(connection: NatsConnection, subject: string, answer: (text: string) => string): void {
  connection.subscribe(subject, {
    callback: (error, message) => {
      // A permission that was taken away: the library says so here, and the next deployment brings it back.
      if (error) process.stderr.write(`${error.message}\n`)
      else message.respond(answer(message.string()))
    },
  })
}

/** Run by itself, it echoes what is sent to the subject that it is given. */
if (import.meta.main) {
  const connection = await connectTo(process.env as unknown as Environment)
  serve(connection, process.argv[2] ?? 'echo', (text) => text)
  process.once('SIGTERM', () => void connection.drain())
  await connection.closed()
}
