import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiAnswer, Operation } from './api.ts'

/** `token` makes one, `person` is what somebody does in the portal; the others are Fairway's and are counted. */
export interface Route {
  readonly kind: 'token' | 'read' | 'write' | 'person'
  readonly method: string
  readonly pattern: RegExp
  readonly operation: Operation
}

export function route(kind: Route['kind'], method: string, path: string, operation: Operation): Route {
  return { kind, method, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`), operation }
}

/** Port's limit, https://docs.port.io/api-reference/create-an-entity */
const maxBytes = 1024 * 1024

/** Undefined when it is no JSON object; an absent body is an empty one. */
export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength
    if (size > maxBytes) return undefined
    parts.push(part)
  }
  if (size === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export function write(response: ServerResponse, { status, body }: ApiAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
