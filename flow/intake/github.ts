import * as z from 'zod'
import type { FairwayEvent } from '../../domain/events.ts'
import { accept } from './accept.ts'
import { parseJson } from './json.ts'
import {
  deliveryId,
  header,
  ignored,
  malformed,
  pong,
  unauthorized,
  webhookSecrets,
  type IntakeAnswer,
  type IntakePorts,
  type IntakeRequest,
} from './request.ts'
import { signedHex } from './signature.ts'
import { findSource } from './sources.ts'

const id = z.int().positive()
const about = {
  repository: z.object({ id, default_branch: z.string().min(1) }),
  // Absent in a repository's own webhook, which is not the App's.
  installation: z.object({ id }).optional(),
}
const push = z.object({ ...about, ref: z.string().min(1) })
const pullRequest = z.object({
  ...about,
  action: z.string().min(1),
  number: id,
  pull_request: z.object({ head: z.object({ sha: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/) }) }),
})

/** Actions after which the head that a check belongs to is another one. */
const headChanged = new Set(['opened', 'synchronize', 'reopened'])

/**
 * `POST /webhooks/github`: the GitHub App's webhook.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export async function github(ports: IntakePorts, request: IntakeRequest): Promise<IntakeAnswer> {
  const secrets = await ports.secrets(webhookSecrets.github(ports.installation))
  if (!signedHex(secrets, header(request, 'x-hub-signature-256'), request.body)) return unauthorized
  const event = header(request, 'x-github-event')
  const delivery = deliveryId(request, 'x-github-delivery')
  if (event === undefined || delivery === undefined) {
    return malformed('the headers x-github-event and x-github-delivery are required')
  }
  if (event === 'ping') return pong
  if (event === 'push') return pushed(ports, parseJson(request.body), delivery)
  if (event === 'pull_request') return pulled(ports, parseJson(request.body), delivery)
  return ignored('only push and pull_request are looked at')
}

async function pushed(ports: IntakePorts, body: unknown, delivery: string): Promise<IntakeAnswer> {
  const payload = push.safeParse(body)
  if (!payload.success) return malformed('the body is not a push event in JSON')
  if (payload.data.ref !== `refs/heads/${payload.data.repository.default_branch}`) {
    return ignored('not a push to the default branch')
  }
  return acceptFor(ports, payload.data, delivery, (source) => ({
    type: 'SourceChanged',
    detail: { source, reason: 'push', delivery },
  }))
}

async function pulled(ports: IntakePorts, body: unknown, delivery: string): Promise<IntakeAnswer> {
  const payload = pullRequest.safeParse(body)
  if (!payload.success) return malformed('the body is not a pull_request event in JSON')
  if (!headChanged.has(payload.data.action)) return ignored('the head of the pull request is the same')
  const { number, pull_request } = payload.data
  return acceptFor(ports, payload.data, delivery, (source) => ({
    type: 'PullRequestChanged',
    detail: { source, number, head: pull_request.head.sha, delivery },
  }))
}

/** Installation and repository must both be those of the registered source: an id alone could be anybody's. */
function acceptFor(
  ports: IntakePorts,
  payload: z.infer<typeof push> | z.infer<typeof pullRequest>,
  delivery: string,
  eventFor: (source: string) => FairwayEvent,
): Promise<IntakeAnswer> {
  const find = async () => {
    const source = await findSource(
      ports,
      'github',
      (spec) => spec.installationId === payload.installation?.id && spec.repositoryId === payload.repository.id,
    )
    return source === undefined ? undefined : eventFor(source)
  }
  return accept(ports, { id: `github/${delivery}`, find })
}
