import type { NamedCluster } from '../domain/capability.ts'
import type { Demand } from '../domain/fleet.ts'
import type { IamSpec } from './iam/desired.ts'

/** What a placement takes of what AWS and Argo CD bound: a role where it needs AWS, and an Application. */
export function demandOf({ aws }: IamSpec, { spec }: Pick<NamedCluster, 'spec'>): Demand {
  const roles = aws === undefined ? 0 : 1
  return { roles, associations: spec.identity === 'pod-identity' ? roles : 0, applications: 1 }
}
