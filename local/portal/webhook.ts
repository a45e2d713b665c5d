import { createHmac } from 'node:crypto'
import { reveal, type SecretValue } from '../../domain/secret.ts'
import type { StoredRun } from './state.ts'
import { fill, type PortAction } from './template.ts'

export interface WebhookOptions {
  readonly clientSecret: SecretValue
  /** Epoch milliseconds. */
  readonly now: number
  /** Instead of the action's own URL. */
  readonly url?: string
}

/**
 * Sends a run to its action's webhook as Port does: the payload template filled in, the bytes signed with the time
 * in seconds. Undefined when nobody answered. A run that could not be delivered stays in progress.
 * https://docs.port.io/actions-and-automations/setup-backend/webhook/signature-verification/
 */
export async function sendWebhook(
  action: PortAction,
  run: StoredRun,
  options: WebhookOptions,
): Promise<number | undefined> {
  const body = JSON.stringify(fill(action.invocationMethod.body ?? {}, triggerData(action, run)))
  const timestamp = String(Math.floor(options.now / 1000))
  const signature = createHmac('sha256', reveal(options.clientSecret)).update(`${timestamp}.${body}`).digest('base64')
  try {
    const answer = await fetch(options.url ?? action.invocationMethod.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-port-timestamp': timestamp,
        'x-port-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.timeout(10_000),
    })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return undefined
  }
}

/** What Port offers to a template. */
function triggerData(action: PortAction, run: StoredRun): unknown {
  return {
    inputs: run.properties,
    trigger: {
      by: { userId: run.createdBy, user: { email: run.createdBy } },
      origin: 'API',
      at: run.createdAt,
      operation: action.trigger.operation,
    },
    action: { identifier: action.identifier },
    entity: null,
    event: null,
    run: { id: run.id },
  }
}
