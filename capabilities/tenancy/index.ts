import type { RoleAction } from '../../iamroles/index.ts'
import type { Provisioner, Renderer, TenancySubject } from '../../domain/capability.ts'
import type { TenancyOutput } from '../../domain/outputs.ts'
import { desired } from './desired.ts'
import type { TenancyDesired } from './desired.ts'
import { plan } from './plan.ts'
import { apply, observe } from './remote.ts'
import type { TenancyObserved, TenancyRemote } from './remote.ts'
import { render } from './render.ts'

export type { TenancyRemote } from './remote.ts'

/** A system in a cluster: its namespace, and the SecretStore with the role that it reads with. */
export const tenancy: Provisioner<
  TenancySubject,
  TenancyDesired,
  TenancyObserved,
  RoleAction,
  TenancyOutput,
  TenancyRemote
> &
  Renderer<TenancySubject, TenancyOutput> = {
  name: 'tenancy',
  per: 'system',
  desired,
  observe,
  plan,
  apply,
  outputs,
  waiting: () => [],
  due: () => undefined,
  render,
}

function outputs({ reader, namespace, readerArn }: TenancyDesired): TenancyOutput | undefined {
  return reader && { namespace, readerRoleArn: readerArn }
}
