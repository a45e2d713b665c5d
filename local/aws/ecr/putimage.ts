import { PutImageCommand } from '@aws-sdk/client-ecr'
import type { PutImageCommandInput } from '@aws-sdk/client-ecr'
import { sha256 } from '../../../domain/hash.ts'
import { write } from '../core/operations.ts'
import { digestDoesNotMatch, imageExists, imageTagExists, invalid } from './errors.ts'
import { repositories, repositoryOf } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Image, Repository } from './state.ts'

export const putImageOperations = [write(PutImageCommand, putImage)]

/**
 * Puts a manifest. Layers are not looked for: nothing here uploads any.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 */
function putImage(input: PutImageCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const manifest = parseManifest(call, input)
  const digest = `sha256:${sha256(manifest.text)}`
  if (input.imageDigest !== undefined && input.imageDigest !== digest) throw digestDoesNotMatch(call)
  const tag = input.imageTag
  if (tag !== undefined && (tag.length < 1 || tag.length > 300)) {
    throw invalid(call, 'imageTag', 'must have length between 1 and 300')
  }
  checkConflict(call, repository, digest, tag)
  const image: Image = {
    tags: [],
    pushedAt: call.now,
    ...repository.images.find((known) => known.digest === digest),
    digest,
    manifest: manifest.text,
    mediaType: manifest.mediaType,
    size: manifest.size,
  }
  repositories(call).put(repository.name, { ...repository, images: withImage(repository.images, image, tag) })
  return {
    image: {
      registryId: call.account,
      repositoryName: repository.name,
      imageId: { imageDigest: digest, ...(tag === undefined ? {} : { imageTag: tag }) },
      imageManifest: manifest.text,
      imageManifestMediaType: manifest.mediaType,
    },
  }
}

/** The same image under the same tag is ImageAlreadyExists also where tags are immutable (aws/aws-sdk issue 750). */
function checkConflict(call: Call, repository: Repository, digest: string, tag: string | undefined): void {
  const known = repository.images.find((image) => image.digest === digest)
  if (known && (tag === undefined || known.tags.includes(tag))) throw imageExists(call, repository.name, digest, tag)
  const taken = tag !== undefined && repository.images.some((image) => image.tags.includes(tag))
  if (taken && isImmutable(repository, tag)) throw imageTagExists(call, repository.name, tag)
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
function isImmutable(repository: Repository, tag: string): boolean {
  const excluded = repository.exclusions.some((exclusion) => matches(exclusion.filter ?? '', tag))
  return repository.mutability.startsWith('IMMUTABLE') !== excluded
}

function matches(filter: string, tag: string): boolean {
  const pattern = filter.split('*').map((part) => part.replace(/[.-]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`).test(tag)
}

/** A tag that moves leaves its old image behind, untagged if it had no other. */
function withImage(images: readonly Image[], image: Image, tag: string | undefined): Image[] {
  const others = images
    .filter((other) => other.digest !== image.digest)
    .map((other) => ({ ...other, tags: other.tags.filter((name) => name !== tag) }))
  return [...others, { ...image, tags: tag === undefined ? image.tags : [...image.tags, tag] }]
}

interface Manifest {
  readonly text: string
  readonly mediaType: string
  readonly size: number
}

function parseManifest(call: Call, input: PutImageCommandInput): Manifest {
  const text = input.imageManifest ?? ''
  const manifest = parse(text)
  if (!manifest) throw invalid(call, 'ImageManifest', 'Invalid JSON syntax')
  const mediaType = input.imageManifestMediaType ?? manifest.mediaType
  if (mediaType === undefined) throw invalid(call, 'imageManifestMediaType', 'must be given, here or in the manifest')
  const parts = [manifest.config, ...(manifest.layers ?? [])]
  return { text, mediaType, size: parts.reduce((sum, part) => sum + (part?.size ?? 0), 0) }
}

interface ParsedManifest {
  readonly mediaType?: string
  readonly config?: { readonly size?: number }
  readonly layers?: readonly { readonly size?: number }[]
}

function parse(text: string): ParsedManifest | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
