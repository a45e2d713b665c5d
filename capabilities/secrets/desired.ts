import type { Installation, Memory, PlacementSubject } from '../../domain/capability.ts'
import { secretName, workloadId } from '../../domain/names.ts'
import { adoptCommand } from '../../domain/ownership.ts'
import type { Claim, Credential } from '../../domain/records.ts'
import { tagsFor } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import { rotationOf } from '../../secretentries/index.ts'
import type { Rotation } from '../../secretentries/index.ts'
import type { SecretsSpec } from './schema.ts'

/** This capability's part of a placed Workload. */
export interface SecretsPart {
  readonly secrets: SecretsSpec
}

export type SecretsSubject = PlacementSubject<SecretsPart>

export type Content =
  /** Its owner writes it; Fairway never does. */
  | { readonly kind: 'placeholder'; readonly keys: readonly string[] }
  | { readonly kind: 'generated'; readonly key: string; readonly length: number }

export interface DesiredEntry {
  readonly entry: string
  /** Secrets Manager name. */
  readonly secret: string
  /** The name of its claim is the entry's. */
  readonly claim: Claim | undefined
  readonly credential: Credential | undefined
  readonly rotation: Rotation
  readonly adopt: string
  /** Undefined: no longer wanted, remove it if it is ours. */
  readonly wanted: { readonly content: Content; readonly tags: Tags; readonly description: string } | undefined
}

export interface SecretsDesired {
  readonly ensure: 'present' | 'absent'
  readonly installation: Installation
  readonly incarnation: number
  readonly restoring: boolean
  /** For people who fill a placeholder: where. */
  readonly place: { readonly account: string; readonly region: string }
  /** KMS key of new secrets; the account's default when absent. */
  readonly key: string | undefined
  readonly entries: readonly DesiredEntry[]
}

export function desired(subject: SecretsSubject, memory: Memory): SecretsDesired {
  const { installation, cluster, spec } = subject
  const wanted = spec?.secrets ?? {}
  const left = Object.keys(memory.claims).filter((entry) => !Object.hasOwn(wanted, entry) && toRemove(memory, entry))
  return {
    ensure: spec ? 'present' : 'absent',
    installation,
    incarnation: subject.incarnation,
    restoring: memory.restoring === true,
    place: { account: cluster.spec.aws.account, region: cluster.spec.aws.region },
    key: cluster.spec.aws.secretsKey,
    entries: [...Object.keys(wanted), ...left].toSorted().map((entry) => desiredEntry(subject, memory, entry)),
  }
}

/** What is in its recovery window needs no looking after, and costs no reads. */
function toRemove({ claims }: Memory, entry: string): boolean {
  return claims[entry]?.retained !== true
}

function desiredEntry(subject: SecretsSubject, memory: Memory, entry: string): DesiredEntry {
  const { installation, system, workload, cluster, spec } = subject
  const secret = secretName(installation.name, cluster.name, system.name, workload, entry)
  const content = contentOf(spec, entry)
  const owner = workloadId(system.name, workload)
  return {
    entry,
    secret,
    claim: memory.claims[entry],
    credential: memory.credentials[entry],
    rotation: rotationOf(memory, entry, installation),
    adopt: adoptCommand(owner, `secrets/${cluster.name}/${entry}`, secret),
    wanted: content && {
      content,
      tags: tagsFor({ installation, system, workload, cluster }, content),
      description: describe(content, owner, cluster.name),
    },
  }
}

function contentOf(spec: SecretsPart | undefined, entry: string): Content | undefined {
  const declared = spec?.secrets[entry]
  if (!declared) return undefined
  if ('keys' in declared) return { kind: 'placeholder', keys: declared.keys }
  return { kind: 'generated', key: declared.generate.key, length: declared.generate.length }
}

/** What its owner reads in the console. */
function describe(content: Content, workload: string, cluster: string): string {
  return content.kind === 'placeholder'
    ? `For ${workload} in ${cluster}. Store a JSON object with: ${content.keys.join(', ')}`
    : `For ${workload} in ${cluster}. Made by Fairway; rotate it with \`fairway rotate\`, do not edit it.`
}

/** JSON keys that a version must hold. */
export function keysOf(content: Content): readonly string[] {
  return content.kind === 'placeholder' ? content.keys : [content.key]
}
