import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import type {
  CreateRepositoryCommandInput,
  DeleteRepositoryCommandInput,
  DescribeRepositoriesCommandInput,
  EncryptionConfiguration,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  PutImageScanningConfigurationCommandInput,
  PutImageTagMutabilityCommandInput,
} from '@aws-sdk/client-ecr'
import { uuid } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { fromTagList } from '../core/tags.ts'
import { invalid, limitExceeded, repositoryExists, repositoryNotEmpty, repositoryNotFound } from './errors.ts'
import { arnOf, ownRegistry, repositories, repositoryOf } from './state.ts'
import { checkTags } from './tagging.ts'
import type { Call } from '../core/operations.ts'
import type { Repository } from './state.ts'

export const repositoryOperations = [
  write(CreateRepositoryCommand, createRepository),
  read(DescribeRepositoriesCommand, describeRepositories),
  write(DeleteRepositoryCommand, deleteRepository),
  write(PutImageTagMutabilityCommand, putImageTagMutability),
  write(PutImageScanningConfigurationCommand, putImageScanningConfiguration),
]

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
const namePattern = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/

function createRepository(input: CreateRepositoryCommandInput, call: Call) {
  ownRegistry(call, input.registryId)
  const name = input.repositoryName ?? ''
  checkName(call, name)
  checkMutability(call, input.imageTagMutability, input.imageTagMutabilityExclusionFilters)
  checkTags(call, {}, input.tags)
  const known = repositories(call)
  if (known.get(name)) throw repositoryExists(call, name)
  if (known.size >= call.quotas.repositoriesPerRegistry) {
    throw limitExceeded(call, `The registry already holds ${call.quotas.repositoriesPerRegistry} repositories`)
  }
  const repository: Repository = {
    name,
    createdAt: call.now,
    mutability: input.imageTagMutability ?? 'MUTABLE',
    exclusions: input.imageTagMutabilityExclusionFilters ?? [],
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryption: encryptionOf(call, input.encryptionConfiguration),
    tags: fromTagList(input.tags),
    images: [],
  }
  known.put(name, repository)
  return { repository: describe(call, repository) }
}

function describeRepositories(input: DescribeRepositoriesCommandInput, call: Call) {
  ownRegistry(call, input.registryId)
  if (input.repositoryNames && input.repositoryNames.length > 0) return describeNamed(input, call)
  const size = input.maxResults ?? 100
  if (size < 1 || size > 1000) throw invalid(call, 'maxResults', 'must be between 1 and 1000')
  const { items, next } = page(call, {
    items: repositories(call).all(),
    position: (repository) => repository.name,
    token: input.nextToken,
    size,
    badToken: () => invalid(call, 'nextToken', 'must be a token that this operation returned'),
  })
  return {
    repositories: items.map((repository) => describe(call, repository)),
    ...(next === undefined ? {} : { nextToken: next }),
  }
}

/** Names exclude paging: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html */
function describeNamed(input: DescribeRepositoriesCommandInput, call: Call) {
  const names = input.repositoryNames ?? []
  if (names.length > 100) throw invalid(call, 'repositoryNames', 'must have length less than or equal to 100')
  if (input.maxResults !== undefined || input.nextToken !== undefined) {
    throw invalid(call, 'repositoryNames', 'must not be combined with maxResults or nextToken')
  }
  return {
    repositories: names.map((name) => {
      const repository = repositories(call).get(name)
      if (!repository) throw repositoryNotFound(call, name)
      return describe(call, repository)
    }),
  }
}

function deleteRepository(input: DeleteRepositoryCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  if (repository.images.length > 0 && input.force !== true) throw repositoryNotEmpty(call, repository.name)
  repositories(call).remove(repository.name)
  return { repository: describe(call, repository) }
}

function putImageTagMutability(input: PutImageTagMutabilityCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  checkMutability(call, input.imageTagMutability, input.imageTagMutabilityExclusionFilters)
  const mutability = input.imageTagMutability ?? 'MUTABLE'
  const exclusions = input.imageTagMutabilityExclusionFilters ?? []
  repositories(call).put(repository.name, { ...repository, mutability, exclusions })
  return {
    registryId: call.account,
    repositoryName: repository.name,
    imageTagMutability: mutability,
    ...(exclusions.length === 0 ? {} : { imageTagMutabilityExclusionFilters: exclusions }),
  }
}

function putImageScanningConfiguration(input: PutImageScanningConfigurationCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false
  repositories(call).put(repository.name, { ...repository, scanOnPush })
  return {
    registryId: call.account,
    repositoryName: repository.name,
    imageScanningConfiguration: { scanOnPush },
  }
}

function describe(call: Call, repository: Repository) {
  return {
    repositoryArn: arnOf(call, repository.name),
    registryId: call.account,
    repositoryName: repository.name,
    repositoryUri: `${call.account}.dkr.ecr.${call.region}.amazonaws.com/${repository.name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: repository.mutability,
    ...(repository.exclusions.length === 0 ? {} : { imageTagMutabilityExclusionFilters: [...repository.exclusions] }),
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  }
}

function checkName(call: Call, name: string): void {
  if (name.length < 2 || name.length > 256) {
    throw invalid(call, 'repositoryName', 'must have length between 2 and 256')
  }
  if (!namePattern.test(name)) {
    throw invalid(call, 'repositoryName', `must satisfy regular expression '${namePattern.source}'`)
  }
}

/** At most five filters, each with at most two wildcards:
 *  https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
function checkMutability(
  call: Call,
  mutability: ImageTagMutability | undefined,
  filters: readonly ImageTagMutabilityExclusionFilter[] = [],
): void {
  const known = ['MUTABLE', 'IMMUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION']
  if (mutability !== undefined && !known.includes(mutability)) {
    throw invalid(call, 'imageTagMutability', `must satisfy enum value set: [${known.join(', ')}]`)
  }
  const excludes = mutability?.endsWith('_WITH_EXCLUSION') ?? false
  if (excludes !== filters.length > 0) {
    throw invalid(call, 'imageTagMutabilityExclusionFilters', 'must be given with, and only with, an exclusion mode')
  }
  if (filters.length > 5) throw invalid(call, 'imageTagMutabilityExclusionFilters', 'must have at most 5 filters')
  for (const { filter } of filters) {
    if (!filter || !/^[0-9a-zA-Z._*-]{1,128}$/.test(filter) || filter.split('*').length > 3) {
      throw invalid(call, 'filter', 'must be a tag pattern of at most 128 characters with at most 2 wildcards')
    }
  }
}

/** Without a key, KMS encryption uses the account's alias aws/ecr, and the answer names that key. */
function encryptionOf(call: Call, wanted: EncryptionConfiguration | undefined): Repository['encryption'] {
  const encryptionType = wanted?.encryptionType ?? 'AES256'
  if (encryptionType === 'AES256') {
    if (wanted?.kmsKey !== undefined) throw invalid(call, 'encryptionConfiguration', 'kmsKey is for KMS encryption')
    return { encryptionType }
  }
  const managed = `arn:aws:kms:${call.region}:${call.account}:key/${uuid(call.random)}`
  return { encryptionType, kmsKey: wanted?.kmsKey ?? managed }
}
