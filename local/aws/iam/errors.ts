import {
  DeleteConflictException,
  EntityAlreadyExistsException,
  IAMServiceException,
  InvalidInputException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
} from '@aws-sdk/client-iam'
import { constraint, modelled, unmodelled } from '../core/errors.ts'
import type { Call } from '../core/operations.ts'

/** Status codes as in the service's model. Shape checks and throttling are not in the model:
 *  https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */

export function throttled(call: { readonly requestId: string }): Error {
  return unmodelled(IAMServiceException, 'Throttling', 400, call, 'Rate exceeded')
}

export function invalidShape(call: Call, member: string, rule: string): Error {
  return unmodelled(IAMServiceException, 'ValidationError', 400, call, constraint(member, rule))
}

export function invalidMarker(call: Call): Error {
  return unmodelled(IAMServiceException, 'ValidationError', 400, call, 'Invalid Marker.')
}

export function invalidInput(call: Call, message: string): Error {
  return modelled(InvalidInputException, 400, call, message)
}

export function malformedPolicy(call: Call, problem: string): Error {
  return modelled(MalformedPolicyDocumentException, 400, call, problem)
}

export function limitExceeded(call: Call, message: string): Error {
  return modelled(LimitExceededException, 409, call, message)
}

export function noSuchEntity(call: Call, message: string): Error {
  return modelled(NoSuchEntityException, 404, call, message)
}

export function noSuchRole(call: Call, name: string | undefined): Error {
  return noSuchEntity(call, `The role with name ${name} cannot be found.`)
}

export function entityExists(call: Call, message: string): Error {
  return modelled(EntityAlreadyExistsException, 409, call, message)
}

export function deleteConflict(call: Call, message: string): Error {
  return modelled(DeleteConflictException, 409, call, message)
}
