export { planRole } from './plan.ts'
export { applyRole, observeRole } from './remote.ts'
export type { IamClient } from './remote.ts'
export type { ObservedRole, RoleAction, WantedRole } from './role.ts'
