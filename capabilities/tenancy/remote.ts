import { applyRole, observeRole } from '../../iamroles/index.ts'
import type { IamClient, ObservedRole, RoleAction } from '../../iamroles/index.ts'
import type { Ledger } from '../../domain/capability.ts'
import { readerClaim } from './desired.ts'
import type { TenancyDesired } from './desired.ts'

/** A client of the cluster's account. */
export interface TenancyRemote {
  readonly iam: IamClient
}

export interface TenancyObserved {
  readonly reader: ObservedRole | undefined
}

/** Four reads; none for a system that left and holds nothing here. */
export async function observe(desired: TenancyDesired, { iam }: TenancyRemote): Promise<TenancyObserved> {
  const needed = desired.reader ?? desired.claim
  return { reader: needed && (await observeRole(iam, desired.readerName)) }
}

export async function apply(action: RoleAction, { iam }: TenancyRemote, ledger: Ledger): Promise<void> {
  await applyRole(action, iam, ledger, readerClaim)
}
