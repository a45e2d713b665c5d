import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr'
import type { ECRClient, Repository } from '@aws-sdk/client-ecr'
import { callAws, findAws, isAlreadyThere } from '../../domain/awserrors.ts'
import type { Ledger } from '../../domain/capability.ts'
import { Conflict, Terminal, never } from '../../domain/errors.ts'
import { tagKeys } from '../../domain/names.ts'
import { policyText } from '../../domain/policy.ts'
import { fromTagList, toTagList } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import { repositoryClaim } from './desired.ts'
import type { EcrDesired } from './desired.ts'
import type { ObservedImage } from './images.ts'
import type { EcrAction, EcrObserved, ObservedRepository } from './plan.ts'

/** A client of the registry's account and region. */
export interface EcrRemote {
  readonly ecr: Pick<ECRClient, 'send'>
}

/**
 * Four reads and the list of images: at once where the record says that there is a repository, else the first one
 * alone, because mostly there is none.
 */
export async function observe(desired: EcrDesired, { ecr }: EcrRemote): Promise<EcrObserved> {
  const { repository: name, arn } = desired
  const readRest = () =>
    Promise.all([readDetails(ecr, name, arn), desired.ensure === 'present' ? readImages(ecr, name) : []])
  const early = desired.claim && readRest()
  // When there is nothing after all, they have failed, and nobody waits for them.
  early?.catch(() => undefined)
  const found = await describe(ecr, name)
  if (!found) return { repository: undefined, images: [] }
  const [details, images] = await (early ?? readRest())
  const repository = {
    arn,
    immutable: found.imageTagMutability === 'IMMUTABLE',
    scanOnPush: found.imageScanningConfiguration?.scanOnPush === true,
    ...details,
  }
  return { repository, images }
}

/** Three reads: what lists of repositories lack. */
export async function readDetails(
  ecr: EcrRemote['ecr'],
  name: string,
  arn: string,
): Promise<Pick<ObservedRepository, 'tags' | 'lifecycle' | 'policy'>> {
  const [tags, lifecycle, policy] = await Promise.all([tagsOf(ecr, arn), lifecycleOf(ecr, name), policyOf(ecr, name)])
  return { tags, lifecycle, policy }
}

export async function apply(action: EcrAction, { ecr }: EcrRemote, ledger: Ledger): Promise<void> {
  switch (action.type) {
    case 'create':
      await ledger.claim(repositoryClaim, action.claim)
      return create(ecr, action.repository, action.tags)
    case 'record':
      return ledger.claim(repositoryClaim, action.claim)
    case 'release':
      return ledger.release(repositoryClaim)
    case 'delete': {
      const input = { repositoryName: action.repository, force: true }
      await findAws(action.summary, () => ecr.send(new DeleteRepositoryCommand(input)))
      return ledger.release(repositoryClaim)
    }
    default:
      await callAws(action.summary, () => configure(ecr, action))
  }
}

type Configuring = Exclude<EcrAction, { type: 'create' | 'record' | 'release' | 'delete' }>

async function configure(ecr: EcrRemote['ecr'], action: Configuring): Promise<unknown> {
  const repositoryName = action.repository
  switch (action.type) {
    case 'tag':
      return ecr.send(new TagResourceCommand({ resourceArn: action.arn, tags: toTagList(action.tags) }))
    case 'make-immutable':
      return ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))
    case 'scan-on-push': {
      const imageScanningConfiguration = { scanOnPush: true }
      return ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }))
    }
    case 'set-lifecycle':
      return ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: action.lifecycle }))
    case 'set-policy':
      return ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: policyText(action.policy) }))
    case 'remove-policy':
      return findAws(action.summary, () => ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName })))
    default:
      return never(action)
  }
}

/**
 * AES-256 with ECR's keys, not KMS: encryption cannot be changed afterwards, the key that AWS manages adds no
 * control, and a key of one's own adds a way to lose every image.
 */
async function create(ecr: EcrRemote['ecr'], repositoryName: string, tags: Tags): Promise<void> {
  await callAws(`create repository ${repositoryName}`, async () => {
    try {
      await ecr.send(
        new CreateRepositoryCommand({
          repositoryName,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfiguration: { encryptionType: 'AES256' },
          tags: toTagList(tags),
        }),
      )
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
      await mustBeOurs(ecr, repositoryName, tags, error)
    }
  })
}

/** A create whose answer was lost is found again; a repository that somebody made meanwhile is looked at again. */
async function mustBeOurs(ecr: EcrRemote['ecr'], name: string, tags: Tags, cause: unknown): Promise<void> {
  const arn = (await describe(ecr, name))?.repositoryArn
  const found = arn === undefined ? {} : await tagsOf(ecr, arn)
  if (found[tagKeys.installation] === tags[tagKeys.installation]) return
  throw new Conflict(`somebody just made the repository ${name}`, { cause })
}

async function describe(ecr: EcrRemote['ecr'], name: string): Promise<Repository | undefined> {
  const answer = await findAws(`read repository ${name}`, () =>
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] })),
  )
  return answer?.repositories?.[0]
}

async function tagsOf(ecr: EcrRemote['ecr'], resourceArn: string): Promise<Tags> {
  const answer = await callAws(`read the tags of ${resourceArn}`, () =>
    ecr.send(new ListTagsForResourceCommand({ resourceArn })),
  )
  return fromTagList(answer.tags)
}

async function lifecycleOf(ecr: EcrRemote['ecr'], repositoryName: string): Promise<string | undefined> {
  const answer = await findAws(`read the lifecycle policy of ${repositoryName}`, () =>
    ecr.send(new GetLifecyclePolicyCommand({ repositoryName })),
  )
  return answer?.lifecyclePolicyText
}

async function policyOf(ecr: EcrRemote['ecr'], repositoryName: string): Promise<string | undefined> {
  const answer = await findAws(`read the policy of ${repositoryName}`, () =>
    ecr.send(new GetRepositoryPolicyCommand({ repositoryName })),
  )
  return answer?.policyText
}

/** ECR's own default quota is 20,000 images a repository; five times that is an error, not an inventory. */
const maximumPages = 100

export async function readImages(ecr: EcrRemote['ecr'], repositoryName: string): Promise<ObservedImage[]> {
  const images: ObservedImage[] = []
  let nextToken: string | undefined
  for (let page = 0; page < maximumPages; page++) {
    const input = { repositoryName, maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) }
    const answer = await callAws(`list the images of ${repositoryName}`, () =>
      ecr.send(new DescribeImagesCommand(input)),
    )
    for (const { imageDigest, imageTags, imagePushedAt, artifactMediaType } of answer.imageDetails ?? []) {
      if (imageDigest === undefined) continue
      const kind = artifactMediaType === undefined ? {} : { artifactMediaType }
      images.push({ digest: imageDigest, tags: imageTags ?? [], pushedAt: imagePushedAt?.getTime() ?? 0, ...kind })
    }
    nextToken = answer.nextToken
    if (nextToken === undefined) return images
  }
  throw new Terminal(`repository ${repositoryName} holds more than ${maximumPages * 1000} images`, {
    fix: 'delete images that nobody runs any more',
  })
}
