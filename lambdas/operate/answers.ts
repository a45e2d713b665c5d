import { Conflict, RetryLater, Terminal } from '../../domain/errors.ts'
import type { Operated } from '../../flow/operations/model.ts'

/**
 * The other side of http.ts, for who calls the operations API: the result, or the error that it was. Undefined when
 * this is no answer of the function's, but of something before it.
 */
export function readAnswer(text: string): Operated | undefined {
  const body = parsed(text)
  if (typeof body?.['message'] !== 'string') return undefined
  if (typeof body['result'] === 'string') return body as unknown as Operated
  const { type, message, fix } = body as { readonly type?: unknown; readonly message: string; readonly fix?: unknown }
  if (type === 'RetryLater') throw new RetryLater(message)
  if (type === 'Conflict') throw new Conflict(message)
  if (type === 'Terminal') throw new Terminal(message, typeof fix === 'string' ? { fix } : {})
  return undefined
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const body = JSON.parse(text) as unknown
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
