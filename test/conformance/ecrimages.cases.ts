/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { expect } from 'vitest'
import { sha256 } from '../../domain/hash.ts'
import { casesOf, error, sorted } from './cases.ts'
import { repositoryName } from './fixture.ts'
import type { ImageTagMutability } from '@aws-sdk/client-ecr'
import type { Clients } from './clients.ts'

const ecr = casesOf('ecr')

const putImageRule = 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html'

const repository = (imageTagMutability: ImageTagMutability) => (aws: Clients) =>
  aws.ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability }))

function manifest(content: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: 7, digest: `sha256:${sha256('{}')}` },
    layers: [
      { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 5, digest: `sha256:${sha256(content)}` },
    ],
  })
}

const put = (aws: Clients, content: string, imageTag?: string) =>
  aws.ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest(content), imageTag }))

/** Answers the digest. */
const pushed = async (aws: Clients, content: string, imageTag: string) =>
  (await put(aws, content, imageTag)).image?.imageId?.imageDigest

/** Two tagged images, in a repository whose tags can move. */
const twoImages = async (aws: Clients) => {
  await repository('MUTABLE')(aws)
  return [await pushed(aws, 'one', 'main-1'), await pushed(aws, 'two', 'main-2')]
}

const pushing = [
  ecr({
    rule: 'the digest of an image is the SHA-256 of its manifest',
    moto: 'hashes the layers’ digests instead; https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull',
    given: repository('IMMUTABLE'),
    when: (aws) => put(aws, 'one', 'main-1'),
    expected: ({ image }) =>
      expect(image?.imageId).toEqual({ imageDigest: `sha256:${sha256(manifest('one'))}`, imageTag: 'main-1' }),
  }),
  ecr({
    rule: 'an image cannot be put into a repository that is not there',
    moto: `answers 500; ${putImageRule} has RepositoryNotFoundException`,
    when: (aws) => put(aws, 'one', 'main-1'),
    expected: error('RepositoryNotFoundException'),
  }),
  ecr({
    rule: 'the same image under the same tag is said to be there already',
    given: async (aws) => {
      await repository('MUTABLE')(aws)
      await put(aws, 'one', 'main-1')
    },
    when: (aws) => put(aws, 'one', 'main-1'),
    expected: error('ImageAlreadyExistsException'),
  }),
  ecr({
    rule: 'an immutable tag keeps its image',
    moto: `answers ImageAlreadyExistsException; ${putImageRule} has ImageTagAlreadyExistsException`,
    given: async (aws) => {
      await repository('IMMUTABLE')(aws)
      await put(aws, 'one', 'main-1')
    },
    when: (aws) => put(aws, 'two', 'main-1'),
    expected: error('ImageTagAlreadyExistsException'),
  }),
  ecr({
    rule: 'an image can have several tags, also where tags are immutable',
    given: repository('IMMUTABLE'),
    when: async (aws) => {
      await put(aws, 'one', 'main-1')
      await put(aws, 'one', 'main-2')
      return aws.ecr.send(new DescribeImagesCommand({ repositoryName }))
    },
    expected: ({ imageDetails }) =>
      expect(imageDetails?.map((image) => image.imageTags?.toSorted())).toEqual([['main-1', 'main-2']]),
  }),
  ecr({
    rule: 'a mutable tag that moves leaves its old image behind, untagged',
    moto: 'deletes the old image; https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html: the tag is overwritten',
    given: async (aws) => {
      await repository('MUTABLE')(aws)
      return pushed(aws, 'one', 'latest')
    },
    when: async (aws) => {
      await put(aws, 'two', 'latest')
      return aws.ecr.send(new DescribeImagesCommand({ repositoryName, filter: { tagStatus: 'UNTAGGED' } }))
    },
    expected: ({ imageDetails }, old) => expect(imageDetails?.map((image) => image.imageDigest)).toEqual([old]),
  }),
  ecr({
    rule: 'a digest that is not the manifest’s is refused',
    moto: `takes any digest; ${putImageRule} has ImageDigestDoesNotMatchException`,
    given: repository('MUTABLE'),
    when: (aws) =>
      aws.ecr.send(
        new PutImageCommand({ repositoryName, imageManifest: manifest('one'), imageDigest: `sha256:${sha256('two')}` }),
      ),
    expected: error('ImageDigestDoesNotMatchException'),
  }),
  ecr({
    rule: 'tags under an exclusion move although the repository is immutable',
    moto: `answers ImageAlreadyExistsException; ${putImageRule} has ImageTagAlreadyExistsException`,
    given: (aws) =>
      aws.ecr.send(
        new CreateRepositoryCommand({
          repositoryName,
          imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
          imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
        }),
      ),
    when: async (aws) => {
      await put(aws, 'one', 'dev-1')
      await put(aws, 'two', 'dev-1')
      await put(aws, 'one', 'main-1')
      return put(aws, 'two', 'main-1')
    },
    expected: error('ImageTagAlreadyExistsException'),
  }),
]

const reading = [
  ecr({
    rule: 'images are described with digest, tags and the time of their push',
    given: twoImages,
    when: (aws) => aws.ecr.send(new DescribeImagesCommand({ repositoryName })),
    expected: ({ imageDetails = [] }, [one, two]) => {
      const tagged = Object.fromEntries(imageDetails.map((image) => [image.imageDigest, image.imageTags]))
      expect(tagged).toEqual({ [one ?? '']: ['main-1'], [two ?? '']: ['main-2'] })
      for (const image of imageDetails) expect(image.imagePushedAt).toBeInstanceOf(Date)
    },
  }),
  ecr({
    rule: 'an image that is asked for by tag must be there',
    given: twoImages,
    when: (aws) => aws.ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'main-3' }] })),
    expected: error('ImageNotFoundException'),
  }),
  ecr({
    rule: 'images of a repository that is not there cannot be described',
    when: (aws) => aws.ecr.send(new DescribeImagesCommand({ repositoryName })),
    expected: error('RepositoryNotFoundException'),
  }),
  ecr({
    rule: 'images come in pages, every one once',
    moto: 'answers everything on one page; https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html has maxResults',
    given: async (aws) => {
      await repository('MUTABLE')(aws)
      for (const content of ['a', 'b', 'c']) await put(aws, content, content)
    },
    when: async (aws) => {
      const first = await aws.ecr.send(new DescribeImagesCommand({ repositoryName, maxResults: 2 }))
      const { nextToken } = first
      const second = await aws.ecr.send(new DescribeImagesCommand({ repositoryName, maxResults: 2, nextToken }))
      return [first, second]
    },
    expected: ([first, second]) => {
      const tags = [first, second].flatMap((answer) => answer?.imageDetails ?? []).flatMap((image) => image.imageTags)
      expect(sorted(tags)).toEqual(['a', 'b', 'c'])
      expect(second?.nextToken).toBeUndefined()
    },
  }),
  ecr({
    rule: 'images are listed once for each tag',
    given: async (aws) => {
      await repository('MUTABLE')(aws)
      await put(aws, 'one', 'main-1')
      await put(aws, 'one', 'main-2')
    },
    when: (aws) => aws.ecr.send(new ListImagesCommand({ repositoryName })),
    expected: ({ imageIds }) => expect(imageIds?.map((id) => id.imageTag).toSorted()).toEqual(['main-1', 'main-2']),
  }),
  ecr({
    rule: 'a manifest can be read again, and what is missing is a failure, not an error',
    given: twoImages,
    when: (aws) =>
      aws.ecr.send(
        new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'main-1' }, { imageTag: 'main-3' }] }),
      ),
    expected: ({ images, failures }) => {
      expect(images?.map((image) => image.imageManifest)).toEqual([manifest('one')])
      expect(failures).toMatchObject([{ imageId: { imageTag: 'main-3' }, failureCode: 'ImageNotFound' }])
    },
  }),
]

const deleting = [
  ecr({
    rule: 'a repository with images is not deleted unless forced',
    given: twoImages,
    when: (aws) => aws.ecr.send(new DeleteRepositoryCommand({ repositoryName })),
    expected: error('RepositoryNotEmptyException'),
  }),
  ecr({
    rule: 'a forced deletion takes the images along',
    given: twoImages,
    when: async (aws) => {
      await aws.ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
      return aws.ecr.send(new ListImagesCommand({ repositoryName }))
    },
    expected: error('RepositoryNotFoundException'),
  }),
  ecr({
    rule: 'deleting by tag takes the tag, and with the last tag the image',
    given: async (aws) => {
      await twoImages(aws)
      return pushed(aws, 'two', 'main-3')
    },
    when: async (aws) => {
      const imageIds = [{ imageTag: 'main-1' }, { imageTag: 'main-2' }]
      await aws.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
      return aws.ecr.send(new DescribeImagesCommand({ repositoryName }))
    },
    expected: ({ imageDetails }, kept) =>
      expect(imageDetails).toMatchObject([{ imageDigest: kept, imageTags: ['main-3'] }]),
  }),
]

export const imageCases = [...pushing, ...reading, ...deleting]
