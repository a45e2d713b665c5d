import { CreateRepositoryCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import { pushImage } from './index.ts'

const image = { ...place, repository: 'policy-admin/quotes', tag: 'main-1', content: 'one' }

async function registry() {
  const { aws } = testAws()
  const command = new CreateRepositoryCommand({ repositoryName: image.repository, imageTagMutability: 'IMMUTABLE' })
  await aws.outside.ecr().send(command)
  return aws
}

describe('pushing an image', () => {
  it('is answered with the event that ECR emits, for the image that is then there', async () => {
    const aws = await registry()
    const event = await pushImage(aws, image)
    const { imageDetails } = await aws.ecr().send(new DescribeImagesCommand({ repositoryName: image.repository }))
    expect(imageDetails).toMatchObject([{ imageDigest: event.detail['image-digest'], imageTags: ['main-1'] }])
    expect(event).toMatchObject({
      source: 'aws.ecr',
      'detail-type': 'ECR Image Action',
      account: place.account,
      region: place.region,
      detail: {
        'action-type': 'PUSH',
        result: 'SUCCESS',
        'repository-name': image.repository,
        'image-tag': 'main-1',
      },
    })
  })

  it('again changes nothing and is answered with the same event', async () => {
    const aws = await registry()
    expect(await pushImage(aws, image)).toEqual(await pushImage(aws, image))
  })

  it('of other content under an immutable tag is refused', async () => {
    const aws = await registry()
    await pushImage(aws, image)
    await expect(pushImage(aws, { ...image, content: 'two' })).rejects.toMatchObject({
      name: 'ImageTagAlreadyExistsException',
    })
  })
})
