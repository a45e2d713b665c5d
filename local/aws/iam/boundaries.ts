import { DeleteRolePermissionsBoundaryCommand, PutRolePermissionsBoundaryCommand } from '@aws-sdk/client-iam'
import type {
  DeleteRolePermissionsBoundaryCommandInput,
  PutRolePermissionsBoundaryCommandInput,
} from '@aws-sdk/client-iam'
import { write } from '../core/operations.ts'
import { invalidInput, noSuchEntity } from './errors.ts'
import { isAttachable, putRole, roleOf } from './state.ts'
import type { Call } from '../core/operations.ts'

export const boundaryOperations = [
  write(PutRolePermissionsBoundaryCommand, putBoundary),
  write(DeleteRolePermissionsBoundaryCommand, deleteBoundary),
]

/** A boundary has to exist, in the role's own account. */
export function checkBoundary(call: Call, arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined
  if (!/^arn:aws:iam::(\d{12}|aws):policy\/\S+$/.test(arn)) throw invalidInput(call, `ARN ${arn} is not valid.`)
  if (!isAttachable(call, arn)) throw noSuchEntity(call, `Scope ARN: ${arn} does not exist or is not attachable.`)
  return arn
}

function putBoundary(input: PutRolePermissionsBoundaryCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  const boundary = checkBoundary(call, input.PermissionsBoundary ?? '')
  putRole(call, boundary === undefined ? role : { ...role, boundary })
  return {}
}

function deleteBoundary(input: DeleteRolePermissionsBoundaryCommandInput, call: Call) {
  const { boundary: _, ...role } = roleOf(call, input.RoleName)
  putRole(call, role)
  return {}
}
