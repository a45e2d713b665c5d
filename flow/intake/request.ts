import type { Clock } from '../../domain/effects.ts'
import type { EventBus } from '../../domain/events.ts'
import { controlSecretName } from '../../domain/names.ts'
import type { SecretValue } from '../../domain/secret.ts'
import type { Store } from '../../domain/store.ts'

/** An HTTP request, whoever received it: API Gateway, or the local server. */
export interface IntakeRequest {
  readonly method: string
  /** As received, without the query. */
  readonly path: string
  /** Names in lower case; repeated headers joined with commas, as RFC 9110 5.3 has it. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes that were signed, before anything decoded them. */
  readonly body: Uint8Array
}

export interface IntakePorts {
  /** Name of the installation. */
  readonly installation: string
  readonly store: Pick<Store, 'get' | 'list' | 'deliveries' | 'requests' | 'confirmRemoval'>
  readonly bus: EventBus
  readonly clock: Pick<Clock, 'now'>
  /** All values that are valid now (two while one is rotated), none when there is no such secret. */
  readonly secrets: (name: string) => Promise<readonly SecretValue[]>
  /** Largest body, in bytes. */
  readonly limit?: number
}

/** What the sender is told: fixed texts, so that nothing of the request or of the inside is reflected. */
export interface IntakeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly result: IntakeResult; readonly message: string }
  /** For logs and metrics, never for the sender. */
  readonly cause?: unknown
}

export type IntakeResult = 'accepted' | 'ignored' | 'repeated' | 'refused' | 'failed'

export type IntakeRoute = (ports: IntakePorts, request: IntakeRequest, name: string) => Promise<IntakeAnswer>

/** Names of the secrets that sign webhooks; each holds the bare value, but for Port's. */
export const webhookSecrets = {
  /** The GitHub App's webhook secret. */
  github: (installation: string) => controlSecretName(installation, 'webhooks', 'github'),
  /** In JSON with `clientSecret`, which signs webhooks and authenticates Fairway to Port: it stands in one place. */
  port: (installation: string) => controlSecretName(installation, 'port'),
  git: (installation: string, source: string) => controlSecretName(installation, 'webhooks', 'git', source),
  argocd: (installation: string, cluster: string) => controlSecretName(installation, 'webhooks', 'argocd', cluster),
} as const

export const accepted = answer(202, 'accepted', 'accepted')
export const repeated = answer(202, 'repeated', 'this delivery was accepted before')
export const pong = answer(200, 'accepted', 'pong')
export const ignored = (message: string): IntakeAnswer => answer(202, 'ignored', message)
export const malformed = (message: string): IntakeAnswer => answer(400, 'refused', message)
/** One text for a missing, malformed or wrong signature and for an unknown source: they must not be told apart. */
export const unauthorized = answer(401, 'refused', 'the signature is missing or wrong')
export const stale = answer(401, 'refused', 'the timestamp is not within five minutes of now')
export const notFound = answer(404, 'refused', 'there is no such route')
/** RFC 9110 15.5.6: a 405 names the methods that are allowed. */
export const wrongMethod: IntakeAnswer = { ...answer(405, 'refused', 'use POST'), headers: { allow: 'POST' } }
export const tooLarge = answer(413, 'refused', 'the body is too large')
export const failed = (cause: unknown): IntakeAnswer => ({
  ...answer(503, 'failed', 'not accepted; deliver it again later'),
  cause,
})

/** A header's value; undefined as well when it is empty. */
export function header(request: IntakeRequest, name: string): string | undefined {
  return Object.hasOwn(request.headers, name) ? request.headers[name]?.trim() || undefined : undefined
}

/** A delivery id as senders make them (UUIDs, run ids); anything else could not be a key. */
export function deliveryId(request: IntakeRequest, name: string): string | undefined {
  const value = header(request, name)
  return value !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(value) ? value : undefined
}

function answer(status: number, result: IntakeResult, message: string): IntakeAnswer {
  return { status, headers: {}, body: { result, message } }
}
