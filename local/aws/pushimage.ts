import { DescribeImagesCommand, PutImageCommand } from '@aws-sdk/client-ecr'
import { sha256 } from '../../domain/hash.ts'
import type { EcrImageAction } from '../../domain/events.ts'
import type { AwsClients, SimulatedAws } from './aws.ts'
import type { Place } from './core/types.ts'

export interface PushedImage extends Place {
  readonly repository: string
  readonly tag: string
  /** Stands for the image's layer: equal content, equal digest. */
  readonly content: string
}

/**
 * Pushes an image, as CI would, and answers the event that ECR puts on EventBridge. An image that is there already is
 * no error, as for `docker push`. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export async function pushImage(aws: SimulatedAws, image: PushedImage): Promise<EcrImageAction> {
  const digest = await put(aws.outside.ecr(image), image)
  return {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    account: image.account,
    region: image.region,
    detail: {
      'action-type': 'PUSH',
      result: 'SUCCESS',
      'repository-name': image.repository,
      'image-digest': digest,
      'image-tag': image.tag,
    },
  }
}

/** The registry's word for the digest, and not our own: an independent one may reckon differently (moto does). */
async function put(ecr: ReturnType<AwsClients['ecr']>, image: PushedImage): Promise<string> {
  const imageManifest = manifestOf(image.content)
  const { repository: repositoryName, tag: imageTag } = image
  try {
    const answer = await ecr.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }))
    return answer.image?.imageId?.imageDigest ?? ''
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ImageAlreadyExistsException') throw error
    const answer = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }))
    return answer.imageDetails?.[0]?.imageDigest ?? ''
  }
}

/** https://distribution.github.io/distribution/spec/manifest-v2-2/ */
function manifestOf(content: string): string {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: `sha256:${sha256(config)}`,
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: Buffer.byteLength(content),
        digest: `sha256:${sha256(content)}`,
      },
    ],
  })
}
