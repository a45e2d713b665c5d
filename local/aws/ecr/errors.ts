import {
  ECRServiceException,
  ImageAlreadyExistsException,
  ImageDigestDoesNotMatchException,
  ImageNotFoundException,
  ImageTagAlreadyExistsException,
  InvalidParameterException,
  InvalidTagParameterException,
  LifecyclePolicyNotFoundException,
  LimitExceededException,
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  RepositoryPolicyNotFoundException,
  TooManyTagsException,
} from '@aws-sdk/client-ecr'
import { modelled, unmodelled } from '../core/errors.ts'
import type { Call } from '../core/operations.ts'

/** ECR speaks AWS JSON 1.1: every client error is a 400. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html */

export function throttled(call: { readonly requestId: string }): Error {
  return unmodelled(ECRServiceException, 'ThrottlingException', 400, call, 'Rate exceeded')
}

export function invalid(call: Call, member: string, rule: string): Error {
  const message = `Invalid parameter at '${member}' failed to satisfy constraint: '${rule}'`
  return modelled(InvalidParameterException, 400, call, message)
}

export function invalidTag(call: Call, message: string): Error {
  return modelled(InvalidTagParameterException, 400, call, message)
}

export function tooManyTags(call: Call): Error {
  return modelled(TooManyTagsException, 400, call, 'The number of tags exceeds the limit of 50 tags per resource')
}

export function limitExceeded(call: Call, message: string): Error {
  return modelled(LimitExceededException, 400, call, message)
}

export function repositoryNotFound(call: Call, name: string | undefined): Error {
  const message = `The repository with name '${name}' does not exist in the registry with id '${call.account}'`
  return modelled(RepositoryNotFoundException, 400, call, message)
}

export function repositoryExists(call: Call, name: string): Error {
  const message = `The repository with name '${name}' already exists in the registry with id '${call.account}'`
  return modelled(RepositoryAlreadyExistsException, 400, call, message)
}

export function repositoryNotEmpty(call: Call, name: string): Error {
  const message = `The repository with name '${name}' in registry with id '${call.account}' cannot be deleted because it still contains images`
  return modelled(RepositoryNotEmptyException, 400, call, message)
}

export function lifecyclePolicyNotFound(call: Call, name: string): Error {
  const message = `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${call.account}'`
  return modelled(LifecyclePolicyNotFoundException, 400, call, message)
}

export function repositoryPolicyNotFound(call: Call, name: string): Error {
  const message = `Repository policy does not exist for the repository with name '${name}' in the registry with id '${call.account}'`
  return modelled(RepositoryPolicyNotFoundException, 400, call, message)
}

export function imageNotFound(call: Call, name: string, image: string): Error {
  const message = `The image with imageId {${image}} does not exist within the repository with name '${name}' in the registry with id '${call.account}'`
  return modelled(ImageNotFoundException, 400, call, message)
}

export function imageExists(call: Call, name: string, digest: string, tag: string | undefined): Error {
  const tagged = tag === undefined ? '' : ` and tag '${tag}'`
  const message = `Image with digest '${digest}'${tagged} already exists in the repository with name '${name}' in registry with id '${call.account}'`
  return modelled(ImageAlreadyExistsException, 400, call, message)
}

export function imageTagExists(call: Call, name: string, tag: string): Error {
  const message = `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`
  return modelled(ImageTagAlreadyExistsException, 400, call, message)
}

export function digestDoesNotMatch(call: Call): Error {
  return modelled(
    ImageDigestDoesNotMatchException,
    400,
    call,
    'The image digest does not match the digest of the manifest',
  )
}
