import { createHash } from 'node:crypto'
import { fmtCreds } from '@nats-io/jwt'
import { fromSeed } from '@nats-io/nkeys'
import { SecretValue, reveal } from '../../domain/secret.ts'
import { isSignedBy } from './nkeys.ts'
import type { Key } from './nkeys.ts'

/**
 * The one file that knows `@nats-io/jwt`, which calls itself no supported API. Its encoder stamps the current
 * second; ours takes it as an argument, so that signing again gives the same bytes (ed25519 is deterministic,
 * RFC 8032), and a repeated mint is no new credential.
 */
export interface Claims {
  readonly name: string
  /** Public key of what the claims are about. */
  readonly sub: string
  readonly nats: {
    readonly type: 'operator' | 'account' | 'user'
    readonly version: 2
    readonly [field: string]: unknown
  }
  /** Epoch seconds. */
  readonly exp?: number
}

export interface SignedClaims extends Claims {
  readonly iss: string
  readonly iat: number
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
const algorithm = 'ed25519-nkey'
/** Of old tools, which signed without the header. */
const firstAlgorithm = 'ed25519'

/** `issuedAt` in epoch seconds. */
export function sign(claims: Claims, issuedAt: number, signer: Key): string {
  const unnumbered = { aud: 'NATS', ...claims, iss: signer.publicKey, iat: issuedAt }
  const jti = createHash('sha512').update(JSON.stringify(unnumbered)).digest('base64')
  const payload = `${base64({ typ: 'JWT', alg: algorithm })}.${base64({ ...unnumbered, jti })}`
  return `${payload}.${Buffer.from(signer.sign(Buffer.from(payload))).toString('base64url')}`
}

/** Throws on what is no NATS JWT, or is not signed by the issuer that it names. */
export function read(jwt: string): SignedClaims {
  const [header = '', payload = '', signature = '', ...more] = jwt.split('.')
  const { alg } = parse(header) as { alg?: string }
  if (more.length > 0 || (alg !== algorithm && alg !== firstAlgorithm)) throw new TypeError('not a NATS JWT')
  const claims = parse(payload) as SignedClaims
  const signed = alg === algorithm ? `${header}.${payload}` : payload
  if (!isSignedBy(claims.iss, Buffer.from(signed), Buffer.from(signature, 'base64url'))) {
    throw new TypeError('verification failed: the issuer that it names did not sign this')
  }
  return claims
}

export interface UserIdentity {
  /** For people: shows in the server's list of connections. */
  readonly name: string
  /** Public key of the account. */
  readonly account: string
  readonly user: Key
  /** The role's key: what the user may do stands in the account, not here. */
  readonly issuer: Key
  /** Epoch seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** The content of a `.creds` file. */
export function credentials({ name, account, user, issuer, issuedAt, expiresAt }: UserIdentity): SecretValue {
  const claims: Claims = {
    name,
    sub: user.publicKey,
    exp: expiresAt,
    // A server refuses a user of a scoped key that carries permissions or limits of its own.
    nats: { type: 'user', version: 2, issuer_account: account },
  }
  return credentialsFile(sign(claims, issuedAt, issuer), user)
}

export function credentialsFile(jwt: string, user: Key): SecretValue {
  const pair = fromSeed(new TextEncoder().encode(reveal(user.seed)))
  return new SecretValue(new TextDecoder().decode(fmtCreds(jwt, pair)))
}

/** The user's claims out of the content of a `.creds` file. */
export function readCredentials(file: SecretValue): SignedClaims {
  const [jwt] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(reveal(file)) ?? []
  if (jwt === undefined) throw new TypeError('not a credentials file')
  return read(jwt)
}

function parse(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
