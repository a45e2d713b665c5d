import {
  InvalidParameterException,
  PaginationTokenExpiredException,
  ThrottledException,
} from '@aws-sdk/client-resource-groups-tagging-api'
import { modelled } from '../core/errors.ts'
import type { Call } from '../core/operations.ts'

/** AWS JSON 1.1: every client error is a 400.
 *  https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html */

export function throttled(call: { readonly requestId: string }): Error {
  return modelled(ThrottledException, 400, call, 'Rate exceeded')
}

export function invalid(call: Call, message: string): Error {
  return modelled(InvalidParameterException, 400, call, message)
}

export function tokenExpired(call: Call): Error {
  return modelled(PaginationTokenExpiredException, 400, call, 'The pagination token has expired')
}
