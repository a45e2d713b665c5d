import type { WantedRole } from '../../iamroles/index.ts'
import type { Installation, Memory, TenancySubject } from '../../domain/capability.ts'
import { boundaryArn, namespaceOf, readerRoleName, roleArn } from '../../domain/names.ts'
import type { Claim } from '../../domain/records.ts'
import { tagsFor } from '../../domain/tags.ts'
import { readerPolicy } from './policy.ts'
import { readerTrust } from './trust.ts'

/** The name of the one claim. */
export const readerClaim = 'reader'

export interface TenancyDesired {
  readonly installation: Installation
  readonly namespace: string
  readonly readerName: string
  readonly readerArn: string
  readonly claim: Claim | undefined
  readonly restoring: boolean
  /** Undefined: the system leaves this cluster. */
  readonly reader: WantedRole | undefined
}

export function desired(subject: TenancySubject, memory: Memory): TenancyDesired {
  const { installation, system, cluster } = subject
  const readerName = readerRoleName(installation.name, cluster.name, system.name)
  const readerArn = roleArn(cluster.spec.aws, readerName)
  return {
    installation,
    namespace: namespaceOf(system.name),
    readerName,
    readerArn,
    claim: memory.claims[readerClaim],
    // What is not wanted goes only when it is on record.
    restoring: memory.restoring === true && !subject.retired,
    reader: subject.retired ? undefined : reader(subject, readerName, readerArn),
  }
}

/** A boundary of its own: that of workloads denies Fairway's secrets, which are all that a reader may see. */
function reader(subject: TenancySubject, name: string, arn: string): WantedRole {
  const { installation, system, cluster } = subject
  const content = {
    trust: readerTrust(subject),
    policy: readerPolicy(subject),
    boundary: boundaryArn(cluster.spec.aws, `${installation.permissionsBoundary}-reader`),
  }
  return {
    name,
    arn,
    description: `Reads the secrets of ${system.name} in ${cluster.name}, made by Fairway ${installation.name}`,
    ...content,
    tags: tagsFor({ installation, system, cluster }, content),
  }
}
