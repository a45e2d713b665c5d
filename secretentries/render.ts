import type { IExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret'
import { workloadManifests } from '../domain/layout.ts'
import type { KubernetesObject, Manifest } from '../domain/manifest.ts'
import { namespaceOf, versionedSecretName } from '../domain/names.ts'
import type { DeliveredEntry } from '../domain/outputs.ts'
import { safeJoin } from '../domain/paths.ts'

/** Name of the SecretStore that every system has in its namespace (capability `tenancy`). */
export const secretStoreName = 'fairway'

export interface Recipient {
  readonly system: string
  readonly workload: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * One ExternalSecret per delivered version, under `manifests/<system>/<workload>/`. The Secret it makes is
 * immutable and has the version in its name, so a rotation is a new object and a rolling update, and no pod can
 * start on a value that was replaced.
 */
export function renderExternalSecrets(entry: DeliveredEntry, recipient: Recipient): readonly Manifest[] {
  return entry.versions.map(({ versionId, keys = entry.keys }) => {
    const name = versionedSecretName(recipient.workload, entry.entry, versionId, keys)
    const file = `externalsecret-${entry.entry}-${name.slice(-8)}.yaml`
    return {
      path: safeJoin(workloadManifests(recipient.system, recipient.workload), file),
      object: externalSecret(name, { ...entry, keys }, versionId, recipient) satisfies IExternalSecret,
    }
  })
}

function externalSecret(
  name: string,
  { secret, keys }: DeliveredEntry,
  versionId: string,
  { system, labels }: Recipient,
): IExternalSecret & KubernetesObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: namespaceOf(system), labels: { ...labels } },
    spec: {
      refreshPolicy: 'CreatedOnce',
      secretStoreRef: { kind: 'SecretStore', name: secretStoreName },
      // Owner: the Secret goes when this object goes. Retain: it stays when the entry vanishes from Secrets
      // Manager, so that a deletion there does not take away what running pods restart with.
      target: { name, creationPolicy: 'Owner', deletionPolicy: 'Retain', immutable: true },
      data: keys.toSorted().map((key) => ({
        secretKey: key,
        remoteRef: {
          key: secret,
          property: key,
          version: `uuid/${versionId}`,
          // The controller writes these defaults back; absent in git, Argo CD shows a difference for ever,
          // because lists are compared as a whole.
          conversionStrategy: 'Default',
          decodingStrategy: 'None',
          metadataPolicy: 'None',
        },
      })),
    },
  }
}
