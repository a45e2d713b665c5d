import { planRole } from '../../iamroles/index.ts'
import type { RoleAction } from '../../iamroles/index.ts'
import type { Refusal } from '../../domain/capability.ts'
import type { TenancyDesired } from './desired.ts'
import type { TenancyObserved } from './remote.ts'

/** Systems are not deleted and made again as other systems, so their things have no incarnations. */
const incarnation = 1

export function plan(desired: TenancyDesired, observed: TenancyObserved): readonly (RoleAction | Refusal)[] {
  return planRole({
    name: desired.readerName,
    wanted: desired.reader,
    observed: observed.reader,
    claim: desired.claim,
    restoring: desired.restoring,
    incarnation,
    installation: desired.installation,
  })
}
