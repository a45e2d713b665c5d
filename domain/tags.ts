import { tagKeys } from './names.ts'
import type { Installation, NamedCluster, NamedSystem } from './capability.ts'
import { specHash } from './hash.ts'

/** By key. Everything Fairway makes carries these; tags of others on the same thing are left alone. */
export type Tags = Readonly<Record<string, string>>

export interface Tagged {
  readonly installation: Installation
  readonly system: NamedSystem
  /** Absent for what belongs to a whole system. */
  readonly workload?: string
  /** Absent for what serves all environments, such as the ECR repository. */
  readonly cluster?: NamedCluster
}

/** `spec` is what the thing is configured from: its hash lets a bulk read see a stale one without details. */
export function tagsFor(subject: Tagged, spec: unknown): Tags {
  return {
    [tagKeys.installation]: subject.installation.name,
    [tagKeys.system]: subject.system.name,
    ...(subject.workload === undefined ? {} : { [tagKeys.workload]: subject.workload }),
    ...(subject.cluster === undefined ? {} : { [tagKeys.environment]: subject.cluster.spec.environment }),
    [tagKeys.team]: subject.system.spec.team,
    [tagKeys.costCentre]: subject.system.spec.costCentre,
    [tagKeys.specHash]: specHash(spec),
  }
}

/** Our tags that are missing or different; undefined when there are none. */
export function staleTags(wanted: Tags, observed: Tags): Tags | undefined {
  const stale = Object.entries(wanted).filter(([key, value]) => observed[key] !== value)
  return stale.length === 0 ? undefined : Object.fromEntries(stale)
}

/** As most services write a tag. */
export interface TagPair {
  readonly Key: string
  readonly Value: string
}

export function toTagList(tags: Tags): TagPair[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

export function fromTagList(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Tags {
  return Object.fromEntries((list ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])))
}
