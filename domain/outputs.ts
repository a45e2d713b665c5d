/** What capabilities hand to renderers and to status: names, ARNs, version ids, digests. Never values (P3). */

export interface EcrOutput {
  readonly repositoryArn: string
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<system>/<workload>` */
  readonly repositoryUri: string
  /** By environment: the newest pushed image whose tag matches `track`, or the pinned one; absent until there is one. */
  readonly images: Readonly<Record<string, { readonly digest: string; readonly tag?: string }>>
}

export interface IamOutput {
  readonly serviceAccount: string
  /** Absent when the workload needs no AWS. */
  readonly roleArn?: string
}

export interface DeliveredVersion {
  readonly versionId: string
  readonly generation: number
  /** Where this version holds other keys than the entry has by now. */
  readonly keys?: readonly string[]
}

/** One entry in Secrets Manager, as an ExternalSecret delivers it. */
export interface DeliveredEntry {
  readonly entry: string
  /** Secrets Manager name. */
  readonly secret: string
  /** The versions that stay delivered, current one last: during overlap there are two. */
  readonly versions: readonly DeliveredVersion[]
  /** JSON keys of the entry, each a file in the pod. */
  readonly keys: readonly string[]
}

export interface NatsOutput {
  readonly url: string
  /** Public key of the account. */
  readonly account: string
  readonly inboxPrefix: string
  readonly credentials: DeliveredEntry
}

export interface SecretsOutput {
  readonly entries: readonly DeliveredEntry[]
}

export interface TenancyOutput {
  readonly namespace: string
  /** Role that this namespace's SecretStore reads with. */
  readonly readerRoleArn: string
}

/** What the renderers of one placement see; absent means the workload does not use it. */
export interface PlacementOutputs {
  readonly ecr: EcrOutput
  readonly iam: IamOutput
  readonly nats?: NatsOutput
  readonly secrets: SecretsOutput
}

/** `deployable` is false while an input is missing: then everything but the workload object is rendered. */
export interface RenderInputs extends PlacementOutputs {
  readonly deployable: boolean
}
