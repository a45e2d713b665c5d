import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import type {
  BatchDeleteImageCommandInput,
  BatchGetImageCommandInput,
  DescribeImagesCommandInput,
  ImageFailure,
  ImageIdentifier,
  ListImagesCommandInput,
  TagStatus,
} from '@aws-sdk/client-ecr'
import { read, write } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { byCodeUnit } from '../core/table.ts'
import { imageNotFound, invalid } from './errors.ts'
import { repositories, repositoryOf } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Image, Repository } from './state.ts'

export const imageOperations = [
  read(DescribeImagesCommand, describeImages),
  read(ListImagesCommand, listImages),
  read(BatchGetImageCommand, batchGetImage),
  write(BatchDeleteImageCommand, batchDeleteImage),
]

function describeImages(input: DescribeImagesCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  if (input.imageIds && input.imageIds.length > 0) return describeNamed(input, repository, call)
  const { items, next } = page(call, {
    items: byDigest(repository.images.filter((image) => hasStatus(image.tags.length > 0, input.filter?.tagStatus))),
    position: (image) => image.digest,
    token: input.nextToken,
    size: sizeOf(call, input.maxResults),
    badToken: () => invalid(call, 'nextToken', 'must be a token that this operation returned'),
  })
  return { imageDetails: items.map((image) => describe(call, repository, image)), ...tokenOf(next) }
}

/** Images that are asked for by name exclude paging, and every one must be there. */
function describeNamed(input: DescribeImagesCommandInput, repository: Repository, call: Call) {
  const ids = input.imageIds ?? []
  if (ids.length > 100) throw invalid(call, 'imageIds', 'must have length less than or equal to 100')
  if (input.maxResults !== undefined || input.nextToken !== undefined) {
    throw invalid(call, 'imageIds', 'must not be combined with maxResults or nextToken')
  }
  const found = ids.map((id) => {
    const image = findImage(repository, id)
    if (!image) throw imageNotFound(call, repository.name, printed(id))
    return image
  })
  return { imageDetails: [...new Set(found)].map((image) => describe(call, repository, image)) }
}

function listImages(input: ListImagesCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const ids = byDigest(repository.images).flatMap((image): { imageDigest: string; imageTag?: string }[] =>
    image.tags.length === 0
      ? [{ imageDigest: image.digest }]
      : image.tags.toSorted(byCodeUnit).map((imageTag) => ({ imageDigest: image.digest, imageTag })),
  )
  const { items, next } = page(call, {
    items: ids.filter((id) => hasStatus(id.imageTag !== undefined, input.filter?.tagStatus)),
    position: (id) => `${id.imageDigest} ${id.imageTag ?? ''}`,
    token: input.nextToken,
    size: sizeOf(call, input.maxResults),
    badToken: () => invalid(call, 'nextToken', 'must be a token that this operation returned'),
  })
  return { imageIds: items, ...tokenOf(next) }
}

function batchGetImage(input: BatchGetImageCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const found = checkedIds(call, input.imageIds).map((id) => ({ id, image: findImage(repository, id) }))
  return {
    images: found.flatMap(({ id, image }) =>
      image
        ? [
            {
              registryId: call.account,
              repositoryName: repository.name,
              imageId: { imageDigest: image.digest, ...(id.imageTag === undefined ? {} : { imageTag: id.imageTag }) },
              imageManifest: image.manifest,
              imageManifestMediaType: image.mediaType,
            },
          ]
        : [],
    ),
    failures: found.flatMap(({ id, image }) => (image ? [] : [failure(id)])),
  }
}

/** By tag alone, only the tag goes, and with the last tag the image; by digest the image goes with all its tags.
 *  https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
function batchDeleteImage(input: BatchDeleteImageCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const deleted: ImageIdentifier[] = []
  const failures: ImageFailure[] = []
  let images = repository.images
  for (const id of checkedIds(call, input.imageIds)) {
    const image = findImage({ images }, id)
    if (!image) {
      failures.push(failure(id))
      continue
    }
    const tags = id.imageDigest === undefined ? image.tags.filter((tag) => tag !== id.imageTag) : []
    deleted.push({ imageDigest: image.digest, ...(id.imageTag === undefined ? {} : { imageTag: id.imageTag }) })
    images = images.flatMap((other) => (other !== image ? [other] : tags.length === 0 ? [] : [{ ...image, tags }]))
  }
  repositories(call).put(repository.name, { ...repository, images })
  return { imageIds: deleted, failures }
}

export function findImage(repository: Pick<Repository, 'images'>, id: ImageIdentifier): Image | undefined {
  if (id.imageDigest === undefined && id.imageTag === undefined) return undefined
  return repository.images.find(
    (image) =>
      (id.imageDigest === undefined || image.digest === id.imageDigest) &&
      (id.imageTag === undefined || image.tags.includes(id.imageTag)),
  )
}

/** The API promises no order; by digest, nobody can mistake the first or last for the newest. */
function byDigest(images: readonly Image[]): Image[] {
  return images.toSorted((a, b) => byCodeUnit(a.digest, b.digest))
}

function describe(call: Call, repository: Repository, image: Image) {
  return {
    registryId: call.account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(image.tags.length === 0 ? {} : { imageTags: [...image.tags] }),
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    imageStatus: 'ACTIVE' as const,
  }
}

function hasStatus(tagged: boolean, status: TagStatus | undefined): boolean {
  return status === undefined || status === 'ANY' || (status === 'TAGGED') === tagged
}

function sizeOf(call: Call, maxResults: number | undefined): number {
  const size = maxResults ?? 100
  if (size < 1 || size > 1000) throw invalid(call, 'maxResults', 'must be between 1 and 1000')
  return size
}

function checkedIds(call: Call, ids: readonly ImageIdentifier[] | undefined): readonly ImageIdentifier[] {
  if (!ids || ids.length < 1 || ids.length > 100) throw invalid(call, 'imageIds', 'must have length between 1 and 100')
  return ids
}

function failure(id: ImageIdentifier): ImageFailure {
  const missing = id.imageDigest === undefined && id.imageTag === undefined
  return missing
    ? { imageId: id, failureCode: 'MissingDigestAndTag', failureReason: 'Neither digest nor tag is given' }
    : { imageId: id, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }
}

function printed(id: ImageIdentifier): string {
  return `imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'`
}

function tokenOf(next: string | undefined): { nextToken?: string } {
  return next === undefined ? {} : { nextToken: next }
}
