import type { PlacementSubject } from '../domain/capability.ts'
import {
  repositoryArn,
  repositoryName,
  repositoryUri,
  roleArn,
  roleName,
  secretName,
  versionToken,
} from '../domain/names.ts'
import type { DeliveredEntry, PlacementOutputs } from '../domain/outputs.ts'

/** The parts of a placed Workload that say what provisioning will make. */
export interface PreviewSpec {
  readonly image: { readonly digest?: string | undefined }
  readonly aws?: unknown
  readonly nats?: unknown
  readonly secrets: Readonly<
    Record<string, { readonly keys: readonly string[] } | { readonly generate: { readonly key: string } }>
  >
}

export interface PreviewNames {
  /** As the `nats` capability names them. */
  readonly inboxPrefix: (system: string, workload: string, cluster: string) => string
  readonly natsKey: string
}

/** Stands where only provisioning could tell: a public key of an account that does not exist. */
const unknownAccount = 'A'.padEnd(56, 'A')

/**
 * What provisioning would hand to the renderers, without a network: names and ARNs are deterministic, and version ids
 * are those of the first generation. Placeholders count as filled.
 */
export function previewOutputs(
  subject: PlacementSubject<PreviewSpec> & { readonly spec: PreviewSpec },
  names: PreviewNames,
  image: string | undefined,
): PlacementOutputs {
  const { installation, system, workload, cluster, spec } = subject
  const repository = repositoryName(system.name, workload)
  const digest = spec.image.digest ?? image
  const role = roleArn(cluster.spec.aws, roleName(installation.name, cluster.name, system.name, workload))
  return {
    ecr: {
      repositoryArn: repositoryArn(installation, repository),
      repositoryUri: repositoryUri(installation, repository),
      images: digest === undefined ? {} : { [cluster.spec.environment]: { digest } },
    },
    iam: { serviceAccount: workload, ...(spec.aws === undefined ? {} : { roleArn: role }) },
    ...(spec.nats === undefined
      ? {}
      : {
          nats: {
            url: cluster.spec.nats?.url ?? '',
            account: unknownAccount,
            inboxPrefix: names.inboxPrefix(system.name, workload, cluster.name),
            credentials: first(subject, 'nats', [names.natsKey]),
          },
        }),
    secrets: {
      entries: Object.entries(spec.secrets)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([entry, content]) => first(subject, entry, 'keys' in content ? content.keys : [content.generate.key])),
    },
  }
}

function first(subject: PlacementSubject<unknown>, entry: string, keys: readonly string[]): DeliveredEntry {
  const { installation, cluster, system, workload, incarnation } = subject
  const secret = secretName(installation.name, cluster.name, system.name, workload, entry)
  return { entry, secret, versions: [{ versionId: versionToken(secret, incarnation, 1), generation: 1 }], keys }
}
