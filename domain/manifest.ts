/** A Kubernetes object as it stands in git. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

export interface Manifest {
  /** Relative to the cluster's directory in its repository; made with `safeJoin`. */
  readonly path: string
  readonly object: KubernetesObject
}
