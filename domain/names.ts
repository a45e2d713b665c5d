import { v5 as uuid5 } from 'uuid'
import { Terminal } from './errors.ts'
import { sha256 } from './hash.ts'
import { dnsSuffixOf, partitionOf } from './partition.ts'

/**
 * Names are deterministic and never ambiguous: every flat name ends in 8 characters of the hash of its full
 * key, because `pay` + `api-core` must not meet `pay-api` + `core`. The hash alphabet (a-v, 0-9; base 32) is
 * legal in every target: DNS labels, IAM names, ECR repositories.
 */

const NAMESPACE = '3f0c2f9e-6d1b-5c39-9d0e-5b1c3a8f7e21'

/** Limits of the places where names end up, with their sources. */
export const limits = {
  /** RFC 1123 label: namespaces, service accounts, Services. */
  label: 63,
  /** IAM role name, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
  role: 64,
  /** ECR repository name. */
  repository: 256,
  /** Secrets Manager secret name. */
  secret: 512,
  /** A system's or a workload's own name: leaves room for every prefix and suffix Fairway adds. */
  name: 40,
} as const

/** An AWS account and region. */
interface Place {
  readonly account: string
  readonly region: string
}

/** 8 characters, base 32, of the SHA-256 of the parts joined unambiguously. */
export function hash8(...parts: readonly string[]): string {
  return BigInt(`0x${sha256(parts.map((part) => `${part.length}:${part}`).join('')).slice(0, 16)}`)
    .toString(32)
    .padStart(13, '0')
    .slice(-8)
}

/**
 * `a-b-c-<hash8>`, readable parts shortened evenly from the right so that the whole fits `max`; the hash is of
 * the full parts, so shortening loses no distinction.
 */
export function flatName(parts: readonly string[], max: number): string {
  const suffix = hash8(...parts)
  const room = max - suffix.length - 1
  const joined = parts.join('-')
  const readable = joined.length <= room ? joined : joined.slice(0, room).replace(/-+$/, '')
  return `${readable}-${suffix}`
}

/** Of names that `flatName` makes with this part first. */
export function flatNamePattern(first: string): RegExp {
  return new RegExp(`^${first}-.+-[0-9a-v]{8}$`)
}

/** The namespace of a system in each of its clusters. */
export function namespaceOf(system: string): string {
  return system
}

/** `<system>/<workload>`, the workload's identity everywhere. */
export function workloadId(system: string, workload: string): string {
  return `${system}/${workload}`
}

export function parseWorkloadId(id: string): { system: string; workload: string } {
  const [system, workload, ...rest] = id.split('/')
  if (!system || !workload || rest.length > 0) {
    throw new Terminal(`"${id}" is not a workload`, {
      fix: 'write it as system/workload, for example policy-admin/quotes',
    })
  }
  return { system, workload }
}

/** ECR repository name: `<system>/<workload>`. Both parts are labels, so `/` keeps it unambiguous. */
export function repositoryName(system: string, workload: string): string {
  return `${system}/${workload}`
}

/** Secrets Manager name of an entry. Every part is a label without `/`. */
export function secretName(
  installation: string,
  cluster: string,
  system: string,
  workload: string,
  entry: string,
): string {
  return ['fairway', installation, cluster, system, workload, entry].join('/')
}

/** Whose entry a name or an ARN is; undefined when it is none of this installation's. */
export function parseSecretId(installation: string, id: string): { cluster: string; workload: string } | undefined {
  const name = id.startsWith('arn:') ? id.split(':').slice(6).join(':') : id
  const [prefix, of, cluster, system, workload, entry, ...rest] = name.split('/')
  if (prefix !== 'fairway' || of !== installation || rest.length > 0) return undefined
  return cluster && system && workload && entry ? { cluster, workload: workloadId(system, workload) } : undefined
}

/** What the names of all entries of one installation begin with. */
export function entriesPrefix(installation: string): string {
  return `fairway/${installation}/`
}

/** Secrets Manager prefix that one system's reader role may see in one cluster. */
export function secretPrefix(installation: string, cluster: string, system: string): string {
  return `${['fairway', installation, cluster, system].join('/')}/`
}

/** Secrets of the control plane itself (operator keys, account masters, webhook secrets): never under `fairway/`. */
export function controlSecretName(installation: string, ...parts: readonly string[]): string {
  return ['fairway-control', installation, ...parts].join('/')
}

/** IAM role of a placement, under the path `/fairway/`. */
export function roleName(installation: string, cluster: string, system: string, workload: string): string {
  return flatName([installation, cluster, system, workload], limits.role)
}

/**
 * IAM role that a system's SecretStore reads with. `_` is in no label, so no workload's role has this name.
 */
export function readerRoleName(installation: string, cluster: string, system: string): string {
  return flatName([installation, '_reader', cluster, system], limits.role)
}

/** Told by the name alone, of roles of this installation. */
export function isReaderRole(installation: string, name: string): boolean {
  return name.startsWith(`${installation}-_reader-`)
}

/** What the names of all readers in a cluster begin with, up to the system's. */
export function readerRolePrefix(installation: string, cluster: string): string {
  return `${[installation, '_reader', cluster].join('-')}-`
}

export const rolePath = '/fairway/'

/** Roles are in no region; that of their cluster says in which partition they are. */
export function roleArn({ account, region }: Place, name: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:role${rolePath}${name}`
}

/** A permissions boundary that `infra/` made in that account. */
export function boundaryArn({ account, region }: Place, name: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:policy${rolePath}${name}`
}

export function repositoryArn({ account, region }: Place, repository: string): string {
  return `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${repository}`
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html */
export function repositoryUri({ account, region }: Place, repository: string): string {
  return `${account}.dkr.ecr.${region}.${dnsSuffixOf(region)}/${repository}`
}

/**
 * Kubernetes Secret and ExternalSecret of one version of an entry: `<workload>-<entry>-<hash8 of the version>`.
 * The keys are hashed too: the Secret is immutable, so the same version with another key delivered is another Secret.
 */
export function versionedSecretName(
  workload: string,
  entry: string,
  versionId: string,
  keys: readonly string[],
): string {
  const suffix = hash8(workload, entry, versionId, ...keys.toSorted())
  return `${`${workload}-${entry}`.slice(0, limits.label - suffix.length - 1)}-${suffix}`
}

/**
 * `ClientRequestToken`, and therefore VersionId, of one generation of an entry. Deterministic, so that a lost
 * answer of PutSecretValue is found again instead of minted again (P4).
 */
export function versionToken(secret: string, incarnation: number, generation: number): string {
  return uuid5(JSON.stringify([secret, incarnation, generation]), NAMESPACE)
}

/** A staging label that keeps a pinned version from being pruned. */
export function generationStage(generation: number): string {
  return `fairway-g${generation}`
}

/** Tags on everything Fairway makes, which say whose it is and who pays for it. */
export const tagKeys = {
  installation: 'fairway:installation',
  system: 'fairway:system',
  workload: 'fairway:workload',
  environment: 'fairway:environment',
  team: 'fairway:team',
  costCentre: 'fairway:cost-centre',
  specHash: 'fairway:spec-hash',
  /** On the ECR repository, which every workload has in the control plane's own account: found again without a record. */
  incarnation: 'fairway:incarnation',
} as const
