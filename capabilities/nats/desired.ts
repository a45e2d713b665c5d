import type { Memory, PlacementSubject } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { secretName } from '../../domain/names.ts'
import type { Claim, Credential } from '../../domain/records.ts'
import { tagsFor } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import { rotationOf } from '../../secretentries/index.ts'
import type { Rotation } from '../../secretentries/index.ts'
import { accountName, roleName } from './account.ts'
import type { AccountId, AccountRecord } from './account.ts'
import type { NatsTarget } from './provider.ts'
import { hours } from './schema.ts'
import type { NatsPart } from './schema.ts'
import { inboxPrefix, scopeOf } from './scope.ts'
import type { Scope } from './scope.ts'

export type NatsSubject = PlacementSubject<NatsPart>

interface Place {
  readonly account: AccountId
  /** `<cluster>/<workload>` */
  readonly role: string
  readonly incarnation: number
  /** Secrets Manager name of the credentials. */
  readonly secret: string
  /** Days. */
  readonly recovery: number
  readonly installation: NatsSubject['installation']
  readonly rotation: Rotation
  readonly memory: {
    readonly role: Claim | undefined
    readonly secret: Claim | undefined
    readonly credential: Credential | undefined
    readonly restoring: boolean
  }
}

export interface Wanted extends Place {
  readonly ensure: 'present'
  readonly target: NatsTarget
  readonly scope: Scope
  readonly inboxPrefix: string
  /** KMS key of new secrets; the account's default when absent. */
  readonly kmsKeyId: string | undefined
  /** Seconds that a new credential lives. */
  readonly lifetime: number
  /** Seconds before its end at which a credential is renewed; the default of `renewAt` when absent. */
  readonly renewBefore: number | undefined
  readonly tags: Tags
}

export interface Unwanted extends Place {
  readonly ensure: 'absent'
  /** Absent when the Cluster no longer names servers: then those that were pushed to last. */
  readonly target: NatsTarget | undefined
}

export type Desired = Wanted | Unwanted

/** The entry's name, in Secrets Manager and in the pod, and the key that holds the credentials file. */
export const entry = 'nats'
export const key = 'nats.creds'

export function desired(subject: NatsSubject, memory: Memory): Desired {
  const { installation, system, workload, cluster, incarnation } = subject
  const nats = subject.spec?.nats
  const place: Place = {
    account: { installation: installation.name, system: system.name, environment: cluster.spec.environment },
    role: roleName(cluster.name, workload),
    incarnation,
    secret: secretName(installation.name, cluster.name, system.name, workload, entry),
    recovery: installation.secretRecoveryDays,
    installation,
    rotation: rotationOf(memory, entry, installation),
    memory: {
      role: memory.claims['role'],
      secret: memory.claims['secret'],
      credential: memory.credentials[entry],
      // What is not wanted goes only when it is on record.
      restoring: memory.restoring === true && nats !== undefined,
    },
  }
  if (!nats) return { ...place, ensure: 'absent', target: cluster.spec.nats }
  const inbox = inboxPrefix(system.name, workload, cluster.name)
  return {
    ...place,
    ensure: 'present',
    target: serversOf(subject),
    scope: scopeOf(nats, inbox),
    inboxPrefix: inbox,
    kmsKeyId: cluster.spec.aws.secretsKey,
    lifetime: hours(nats.expiresAfter) * 3600,
    renewBefore: nats.renewBefore === undefined ? undefined : hours(nats.renewBefore) * 3600,
    // Permissions are not in it: they live in the account, and changing them touches no credential.
    tags: tagsFor(subject, { entry, keys: [key] }),
  }
}

/** What the record calls a placement's role: says which account it stands in, should the Cluster's environment change. */
export function roleClaim({ account, role }: Pick<Place, 'account' | 'role'>): string {
  return `${accountName(account)} ${role}`
}

/** The account that a claimed role stands in. */
export function claimedAccount({ account, memory, role }: Place): AccountId {
  const claimed = memory.role?.id.endsWith(` ${role}`) ? memory.role.id.slice(0, -role.length - 1) : undefined
  const environment = claimed?.split('/')[1]
  return environment === undefined ? account : { ...account, environment }
}

/** The account's own operator, and the Cluster's servers unless they are another environment's by now, or gone. */
export function targetOf(desired: Desired, record: AccountRecord): NatsTarget {
  const { operator } = record
  const same =
    desired.target?.operator === operator && accountName(claimedAccount(desired)) === accountName(desired.account)
  return { operator, url: same && desired.target ? desired.target.url : record.url }
}

function serversOf({ system, cluster, workload }: NatsSubject): NatsTarget {
  if (!system.spec.nats) {
    throw new Terminal(`${system.name}/${workload} wants NATS, and the System ${system.name} has none`, {
      fix: `declare nats.prefixes in the System ${system.name}, or remove nats from the workload`,
    })
  }
  if (!cluster.spec.nats) {
    throw new Terminal(`${system.name}/${workload} wants NATS, and the Cluster ${cluster.name} has no servers`, {
      fix: `declare nats.url in the Cluster ${cluster.name}, or remove nats from the workload in ${cluster.spec.environment}`,
    })
  }
  return cluster.spec.nats
}
