import type { WantedRole } from '../../iamroles/index.ts'
import type { Installation, Memory, NamedCluster, PlacementSubject } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { boundaryArn, namespaceOf, roleArn, roleName, workloadId } from '../../domain/names.ts'
import { adoptCommand } from '../../domain/ownership.ts'
import type { Claim } from '../../domain/records.ts'
import { tagsFor } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import { workloadPolicy } from './policy.ts'
import type { AwsSpec } from './schema.ts'
import { trustPolicy } from './trust.ts'

/** This capability's part of a placed Workload. */
export interface IamSpec {
  readonly aws?: AwsSpec | undefined
}

export type IamSubject = PlacementSubject<IamSpec>

/** Names of the claims. */
export const claims = { role: 'role', association: 'association' } as const

/** Whose pods get the role. */
export interface Holder {
  /** EKS cluster name. */
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
}

export interface IamDesired {
  /** Retired: nothing is ours any more, not even a ServiceAccount. */
  readonly ensure: 'present' | 'absent'
  readonly installation: Installation
  readonly incarnation: number
  readonly claims: { readonly role: Claim | undefined; readonly association: Claim | undefined }
  readonly restoring: boolean
  readonly adopt: { readonly role: string; readonly association: string }
  readonly roleName: string
  /** Undefined: the workload needs no AWS. */
  readonly role: WantedRole | undefined
  readonly holder: Holder
  /** Undefined: no association, because there is no role or because IRSA does without. */
  readonly association: { readonly roleArn: string; readonly tags: Tags } | undefined
}

export function desired(subject: IamSubject, memory: Memory): IamDesired {
  const { installation, system, workload, cluster } = subject
  const holder = { cluster: cluster.spec.aws.cluster, namespace: namespaceOf(system.name), serviceAccount: workload }
  const name = roleName(installation.name, cluster.name, system.name, workload)
  const role = wantedRole(subject, name, holder)
  const adopt = (what: string, id: string) =>
    adoptCommand(workloadId(system.name, workload), `iam/${cluster.name}/${what}`, id)
  return {
    ensure: subject.spec ? 'present' : 'absent',
    installation,
    incarnation: subject.incarnation,
    claims: { role: memory.claims[claims.role], association: memory.claims[claims.association] },
    // What is not wanted goes only when it is on record.
    restoring: memory.restoring === true && subject.spec !== undefined,
    adopt: {
      role: adopt(claims.role, roleArn(cluster.spec.aws, name)),
      association: adopt(claims.association, associationName(holder)),
    },
    roleName: name,
    role,
    holder,
    association: role && wantedAssociation(subject, role.arn),
  }
}

/** EKS names an association by an id that it makes up; until that is known, by what it is unique for. */
export function associationName({ cluster, namespace, serviceAccount }: Holder): string {
  return `${cluster}/${namespace}/${serviceAccount}`
}

function wantedRole(subject: IamSubject, name: string, holder: Holder): WantedRole | undefined {
  const { installation, system, workload, cluster, spec } = subject
  if (!spec?.aws) return undefined
  const content = {
    trust: trustPolicy(withIssuer(cluster), holder),
    policy: workloadPolicy(spec.aws.statements),
    boundary: boundaryArn(cluster.spec.aws, installation.permissionsBoundary),
  }
  return {
    name,
    arn: roleArn(cluster.spec.aws, name),
    description: `${workloadId(system.name, workload)} in ${cluster.name}, made by Fairway ${installation.name}`,
    ...content,
    tags: tagsFor({ installation, system, workload, cluster }, content),
  }
}

function wantedAssociation({ installation, system, workload, cluster }: IamSubject, arn: string) {
  if (cluster.spec.identity !== 'pod-identity') return undefined
  return { roleArn: arn, tags: tagsFor({ installation, system, workload, cluster }, { roleArn: arn }) }
}

function withIssuer(cluster: NamedCluster) {
  const { aws, identity } = cluster.spec
  if (identity === 'pod-identity') return { identity, aws } as const
  if (aws.oidcProvider !== undefined) return { identity, aws: { ...aws, oidcProvider: aws.oidcProvider } } as const
  throw new Terminal(`cluster ${cluster.name} has identity irsa, and its OIDC issuer is not declared`, {
    fix: `set spec.aws.oidcProvider of Cluster ${cluster.name} (aws eks describe-cluster shows the issuer)`,
  })
}
