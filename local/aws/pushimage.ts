import { PutImageCommand } from '@aws-sdk/client-ecr'
import { sha256 } from '../../domain/hash.ts'
import type { EcrImageAction } from '../../domain/events.ts'
import type { SimulatedAws } from './aws.ts'
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
  const imageManifest = manifestOf(image.content)
  const command = new PutImageCommand({ repositoryName: image.repository, imageTag: image.tag, imageManifest })
  try {
    await aws.outside.ecr(image).send(command)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ImageAlreadyExistsException') throw error
  }
  return {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    account: image.account,
    region: image.region,
    detail: {
      'action-type': 'PUSH',
      result: 'SUCCESS',
      'repository-name': image.repository,
      'image-digest': `sha256:${sha256(imageManifest)}`,
      'image-tag': image.tag,
    },
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
