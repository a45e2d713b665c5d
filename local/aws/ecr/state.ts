import type { ImageTagMutability, ImageTagMutabilityExclusionFilter, EncryptionType } from '@aws-sdk/client-ecr'
import type { Call } from '../core/operations.ts'
import type { Records } from '../core/state.ts'
import type { Tags } from '../core/tags.ts'
import { repositoryNotFound } from './errors.ts'

export interface Repository {
  readonly name: string
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly mutability: ImageTagMutability
  readonly exclusions: readonly ImageTagMutabilityExclusionFilter[]
  readonly scanOnPush: boolean
  readonly encryption: { readonly encryptionType: EncryptionType; readonly kmsKey?: string }
  readonly tags: Tags
  readonly lifecyclePolicy?: string
  readonly policy?: string
  readonly images: readonly Image[]
}

export interface Image {
  readonly digest: string
  readonly tags: readonly string[]
  readonly manifest: string
  readonly mediaType: string
  readonly pushedAt: number
  readonly size: number
}

export function repositories(call: Call): Records<Repository> {
  return call.table<Repository>('repositories')
}

/** Throws RepositoryNotFoundException. */
export function repositoryOf(
  call: Call,
  input: { registryId?: string | undefined; repositoryName: string | undefined },
) {
  ownRegistry(call, input.registryId)
  const repository = repositories(call).get(input.repositoryName ?? '')
  if (!repository) throw repositoryNotFound(call, input.repositoryName)
  return repository
}

/** A registry of another account answers only by its registry policy, which is not simulated. */
export function ownRegistry(call: Call, registryId: string | undefined): void {
  if (registryId === undefined || registryId === call.account) return
  throw new Error(
    `the simulated AWS answers for the caller's own registry only; ask with a client of account ${registryId}`,
  )
}

export function arnOf(call: Call, name: string): string {
  return `arn:aws:ecr:${call.region}:${call.account}:repository/${name}`
}
