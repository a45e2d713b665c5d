import type { EcrOutput } from '../../domain/outputs.ts'
import { matches } from '../../domain/wildcard.ts'
import type { Selection } from './desired.ts'

export interface ObservedImage {
  readonly digest: string
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly pushedAt: number
  /** Of the configuration; absent for a manifest list. */
  readonly artifactMediaType?: string
}

/** The image that an environment runs; undefined while there is none. */
export function select(
  { digest, track }: Selection,
  images: readonly ObservedImage[],
): EcrOutput['images'][string] | undefined {
  if (digest !== undefined) {
    const pinned = images.find((image) => image.digest === digest)
    return pinned && withTag(digest, pinned.tags.toSorted()[0])
  }
  const newest = images
    .filter(isContainerImage)
    .map((image) => ({ ...image, tags: image.tags.filter((tag) => isImageTag(tag) && matches(track, tag)) }))
    .filter(({ tags }) => tags.length > 0)
    .toSorted(newestFirst)[0]
  return newest && withTag(newest.digest, newest.tags.toSorted()[0])
}

/** ECR counts whole seconds: two pushes of one second are told apart by digest, so that everybody chooses alike. */
function newestFirst(left: ObservedImage, right: ObservedImage): number {
  return right.pushedAt - left.pushedAt || (left.digest < right.digest ? -1 : 1)
}

/** Signatures and attestations are pushed after the image they belong to, under its digest as a tag (cosign). */
function isImageTag(tag: string): boolean {
  return !/^sha256-[0-9a-f]{64}(\.\w+)?$/.test(tag)
}

/** Helm charts, SBOMs and signatures can stand in the same repository. */
function isContainerImage({ artifactMediaType }: ObservedImage): boolean {
  return (
    artifactMediaType === undefined ||
    artifactMediaType === 'application/vnd.docker.container.image.v1+json' ||
    artifactMediaType === 'application/vnd.oci.image.config.v1+json'
  )
}

function withTag(digest: string, tag: string | undefined) {
  return tag === undefined ? { digest } : { digest, tag }
}
