import type { Call } from './operations.ts'

export interface PageRequest<T> {
  readonly items: readonly T[]
  /** The position of an item: unique, and `items` is in its order. Tokens hold it, so that what is added or removed
   *  between two pages neither repeats nor hides another item. */
  readonly position: (item: T) => string
  readonly descending?: boolean
  readonly token: string | undefined
  readonly size: number
  /** The service's error for a token that it never gave out. */
  readonly badToken: () => Error
}

export interface Page<T> {
  readonly items: T[]
  /** Absent on the last page. */
  readonly next?: string
}

export function page<T>(call: Call, request: PageRequest<T>): Page<T> {
  const rest = after(call, request)
  const items = rest.slice(0, sizeOf(call, request.size, rest.length))
  if (items.length === rest.length) return { items }
  const last = items.at(-1)
  return { items, next: encode(call, last === undefined ? undefined : request.position(last), request.token) }
}

function after<T>(call: Call, request: PageRequest<T>): readonly T[] {
  if (request.token === undefined) return request.items
  const position = decode(call, request.token)
  if (position === undefined) throw request.badToken()
  return request.items.filter((item) =>
    request.descending ? request.position(item) < position : request.position(item) > position,
  )
}

function sizeOf(call: Call, size: number, available: number): number {
  if (call.partialPage === undefined) return size
  if (call.partialPage === 'half') return Math.max(1, Math.floor(Math.min(size, available) / 2))
  return Math.min(size, call.partialPage)
}

/** An empty page leads back to where it began. */
function encode(call: Call, position: string | undefined, previous: string | undefined): string {
  const start = previous === undefined ? '' : (decode(call, previous) ?? '')
  return Buffer.from(JSON.stringify([call.operation, position ?? start])).toString('base64url')
}

function decode(call: Call, token: string): string | undefined {
  try {
    const [operation, position] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    return operation === call.operation && typeof position === 'string' ? position : undefined
  } catch {
    return undefined
  }
}
