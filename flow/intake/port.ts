import * as z from 'zod'
import { Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { accept } from './accept.ts'
import { parseJson } from './json.ts'
import {
  header,
  malformed,
  stale,
  unauthorized,
  webhookSecrets,
  type IntakeAnswer,
  type IntakePorts,
  type IntakeRequest,
} from './request.ts'
import { signedPort } from './signature.ts'
import { findSource } from './sources.ts'

const tolerance = 5 * 60_000

const runId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/)
/** `runId` is what the shipped actions' template sends; `context.runId` is Port's payload without a template. */
const body = z.object({ runId: runId.optional(), context: z.object({ runId: runId.optional() }).optional() })

/**
 * `POST /webhooks/port`. The signature proves Port, not a person: nothing but the run's id is taken from the
 * payload, and the run is read back by that id.
 */
export async function port(ports: IntakePorts, request: IntakeRequest): Promise<IntakeAnswer> {
  const timestamp = header(request, 'x-port-timestamp')
  const secrets = clientSecrets(await ports.secrets(webhookSecrets.port(ports.installation)))
  if (!signedPort(secrets, header(request, 'x-port-signature'), timestamp, request.body)) return unauthorized
  const sent = milliseconds(timestamp)
  if (sent === undefined || Math.abs(ports.clock.now() - sent) > tolerance) return stale

  const payload = body.safeParse(parseJson(request.body))
  const run = payload.success ? (payload.data.runId ?? payload.data.context?.runId) : undefined
  if (run === undefined) return malformed('the body must be JSON with the id of the run as runId')
  return accept(ports, {
    id: `port/${run}`,
    find: async () => {
      const source = await findSource(ports, 'port', () => true)
      if (source === undefined) return undefined
      return { type: 'SourceChanged', detail: { source, reason: 'form', delivery: run } }
    },
    // `seen` when an earlier delivery came this far and could not publish: the event still has to go out.
    record: async (event) => event.type === 'SourceChanged' && ports.store.requests.add(event.detail.source, run),
  })
}

const credentials = z.object({ clientSecret: z.string().min(1) })

/** Of every value in the right form: the one before may still be wrong when the current one has been mended. */
function clientSecrets(values: readonly SecretValue[]): readonly SecretValue[] {
  const found = values.flatMap((value) => {
    const parsed = credentials.safeParse(json(reveal(value)))
    return parsed.success ? [new SecretValue(parsed.data.clientSecret)] : []
  })
  if (values.length > 0 && found.length === 0) {
    throw new Terminal('the secret of Port is not in the right form', {
      fix: 'write {"clientId": "…", "clientSecret": "…"}',
    })
  }
  return found
}

/** What is wrong with it is not said: a parser's message quotes what it read (P3). */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Documented in seconds, and sent so by Port's own agent; 13 digits can only be milliseconds. */
function milliseconds(timestamp: string | undefined): number | undefined {
  if (timestamp === undefined || !/^(\d{10}|\d{13})$/.test(timestamp)) return undefined
  return timestamp.length === 10 ? Number(timestamp) * 1000 : Number(timestamp)
}
