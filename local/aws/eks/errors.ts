import {
  BadRequestException,
  InvalidParameterException,
  NotFoundException,
  ResourceInUseException,
  ResourceLimitExceededException,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-eks'
import { modelled } from '../core/errors.ts'
import type { Call } from '../core/operations.ts'

/** Status codes as in the service's model. */

export function throttled(call: { readonly requestId: string }): Error {
  return modelled(ThrottlingException, 429, call, 'Too Many Requests')
}

export function invalidParameter(call: Call, message: string): Error {
  return modelled(InvalidParameterException, 400, call, message)
}

export function noCluster(call: Call, name: string | undefined): Error {
  return modelled(ResourceNotFoundException, 404, call, `No cluster found for name: ${name}.`)
}

export function noAssociation(call: Call, id: string | undefined): Error {
  const message = `Your request refers to an association that doesn't exist, association ID: ${id}`
  return modelled(ResourceNotFoundException, 404, call, message)
}

export function clusterExists(call: Call, name: string): Error {
  return modelled(ResourceInUseException, 409, call, `Cluster already exists with name: ${name}`)
}

export function addonExists(call: Call): Error {
  return modelled(ResourceInUseException, 409, call, 'Addon already exists.')
}

export function noAddon(call: Call, name: string | undefined): Error {
  return modelled(ResourceNotFoundException, 404, call, `No addon: ${name} found in cluster`)
}

export function associationExists(call: Call, id: string): Error {
  return modelled(ResourceInUseException, 409, call, `Association already exists: ${id}`)
}

export function tooManyAssociations(call: Call): Error {
  return modelled(ResourceLimitExceededException, 400, call, 'The limit of associations for this cluster is reached')
}

/** The tagging operations have errors of their own. */
export function badRequest(call: Call, message: string): Error {
  return modelled(BadRequestException, 400, call, message)
}

export function notFound(call: Call, arn: string | undefined): Error {
  return modelled(NotFoundException, 404, call, `The resource ${arn} was not found`)
}
