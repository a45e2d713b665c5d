import { setImmediate, setTimeout } from 'node:timers/promises'
import * as current from '@nats-io/transport-node'
import * as older from 'nats'

/** The two clients that services run, behind the little that the tests do with them. */
export interface Client {
  /** `refused` when the server does not let it publish there. */
  publish(subject: string, text: string): Promise<'sent' | 'refused'>
  subscribe(subject: string): Promise<Subscription | 'refused'>
  /** The same where it is known to be let. */
  listen(subject: string): Promise<Subscription>
  request(subject: string, text: string): Promise<string>
  /** Answers every request with these texts, one after the other. */
  reply(subject: string, ...texts: readonly string[]): Promise<void>
  /** Resolves when the server cut the connection and the client came back. */
  reconnected(): Promise<void>
  /** Resolves when the client gave up for good. */
  closed(): Promise<unknown>
  close(): Promise<void>
}

export interface Subscription {
  next(): Promise<string>
}

export interface ClientOptions {
  readonly url: string
  readonly credentials: string
  readonly inboxPrefix: string
}

interface Message {
  readonly data: Uint8Array
  respond(data?: Uint8Array | string): boolean
}

/** What both libraries have in common, by shape. */
interface Connection {
  publish(subject: string, data: string): void
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: Message) => void },
  ): { unsubscribe(): void }
  request(subject: string, data: string, options: { timeout: number }): Promise<Message>
  flush(): Promise<void>
  status(): AsyncIterable<{ readonly type: string; readonly error?: unknown; readonly data?: unknown }>
  closed(): Promise<unknown>
  close(): Promise<void>
}

export const clients: Readonly<Record<string, (options: ClientOptions) => Promise<Client>>> = {
  '@nats-io/transport-node': async (options) =>
    client(await current.connect({ ...settings(options), authenticator: current.credsAuthenticator(bytes(options)) })),
  'nats 2.29': async (options) =>
    client(await older.connect({ ...settings(options), authenticator: older.credsAuthenticator(bytes(options)) })),
}

function settings({ url, inboxPrefix }: ClientOptions) {
  return { servers: url.split(','), inboxPrefix, reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 }
}

function bytes({ credentials }: ClientOptions): Uint8Array {
  return new TextEncoder().encode(credentials)
}

function client(connection: Connection): Client {
  let refusals = 0
  let reconnects = 0
  // The older client never ends this, also when it is closed.
  void (async () => {
    for await (const { type, error, data } of connection.status()) {
      if (/permissions?[ _]?violation/i.test(`${String(error)} ${String(data)}`)) refusals++
      if (type === 'reconnect') reconnects++
    }
  })()
  async function subscribe(subject: string): Promise<Subscription | 'refused'> {
    const queue: string[] = []
    const waiting: ((text: string) => void)[] = []
    let refused = false
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) refused = true
        else {
          const text = new TextDecoder().decode(message.data)
          const wake = waiting.shift()
          if (wake) wake(text)
          else queue.push(text)
        }
      },
    })
    await connection.flush()
    await setImmediate()
    if (refused) return 'refused'
    return { next: async () => queue.shift() ?? new Promise((resolve) => waiting.push(resolve)) }
  }

  return {
    async publish(subject, text) {
      const before = refusals
      connection.publish(subject, text)
      // The server answers in order: its refusal, if any, comes before the answer to this flush.
      await connection.flush()
      await setImmediate()
      return refusals > before ? 'refused' : 'sent'
    },
    subscribe,
    async listen(subject) {
      const subscription = await subscribe(subject)
      if (subscription !== 'refused') return subscription
      throw new Error(`refused: ${subject}`)
    },
    request: async (subject, text) =>
      new TextDecoder().decode((await connection.request(subject, text, { timeout: 2000 })).data),
    async reply(subject, ...texts) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) for (const text of texts) message.respond(text)
        },
      })
      await connection.flush()
    },
    async reconnected() {
      const before = reconnects
      await until(() => reconnects > before)
    },
    closed: () => connection.closed(),
    close: () => connection.close(),
  }
}

async function until(holds: () => boolean): Promise<void> {
  if (holds()) return
  await setTimeout(5)
  await until(holds)
}
