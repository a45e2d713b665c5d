import type { Installation, NamedCluster, NamedSystem } from './capability.ts'

/**
 * What a changed spec will make of the outside, in words for people. A plan says it before anything is done: nothing
 * is looked up, so drift and what others change meanwhile are not in it.
 */

/** Words with what people wrote in between; who shows it sets the two apart. One value is one text, or a list of them. */
export interface Phrase {
  /** One more than there are values. */
  readonly words: readonly string[]
  readonly values: readonly PhraseValue[]
}

export type PhraseValue = string | number | readonly string[]

export function phrase(words: TemplateStringsArray, ...values: readonly PhraseValue[]): Phrase {
  return { words: [...words], values }
}

interface Subject {
  readonly installation: Installation
  readonly system: NamedSystem
  readonly workload: string
}

/** A workload in one cluster, overrides merged. Absent: it is not there before, or not afterwards. */
export interface PlacementChange<Spec> extends Subject {
  readonly cluster: NamedCluster
  readonly before?: Spec
  readonly after?: Spec
}

/** What is per workload. No clusters: it is not there before, or not afterwards. */
export interface WorkloadChange extends Subject {
  readonly before: readonly NamedCluster[]
  readonly after: readonly NamedCluster[]
}

/** Pure. Nothing to say is an empty list. */
export type Explain<Change> = (change: Change) => readonly Phrase[]

/** What a second list has more, and what it lacks, in order of text. */
export function difference(
  before: readonly string[] = [],
  after: readonly string[] = [],
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const only = (these: readonly string[], those: readonly string[]) =>
    [...new Set(these)].filter((text) => !those.includes(text)).toSorted()
  return { added: only(after, before), removed: only(before, after) }
}
