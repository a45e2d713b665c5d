import {
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  PublicPolicyException,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager'
import { constraint, modelled, unmodelled } from '../core/errors.ts'
import type { Call } from '../core/operations.ts'

/** Secrets Manager speaks AWS JSON 1.1: every client error is a 400. No message ever holds a value. */

export function throttled(call: { readonly requestId: string }): Error {
  return unmodelled(SecretsManagerServiceException, 'ThrottlingException', 400, call, 'Rate exceeded')
}

export function invalidShape(call: Call, member: string, rule: string): Error {
  return unmodelled(SecretsManagerServiceException, 'ValidationException', 400, call, constraint(member, rule))
}

export function invalidParameter(call: Call, message: string): Error {
  return modelled(InvalidParameterException, 400, call, message)
}

export function invalidRequest(call: Call, message: string): Error {
  return modelled(InvalidRequestException, 400, call, message)
}

export function invalidNextToken(call: Call): Error {
  return modelled(InvalidNextTokenException, 400, call, 'The NextToken is not valid.')
}

export function limitExceeded(call: Call, message: string): Error {
  return modelled(LimitExceededException, 400, call, message)
}

export function malformedPolicy(call: Call): Error {
  const message = 'This resource policy contains a syntax error.'
  return modelled(MalformedPolicyDocumentException, 400, call, message)
}

export function publicPolicy(call: Call): Error {
  const message = 'You can’t attach a resource policy that allows broad access to the secret.'
  return modelled(PublicPolicyException, 400, call, message)
}

export function exists(call: Call, message: string): Error {
  return modelled(ResourceExistsException, 400, call, message)
}

export function notFound(call: Call, what = 'secret'): Error {
  return modelled(ResourceNotFoundException, 400, call, `Secrets Manager can't find the specified ${what}.`)
}

export function markedForDeletion(call: Call): Error {
  return invalidRequest(call, "You can't perform this operation on the secret because it was marked for deletion.")
}
