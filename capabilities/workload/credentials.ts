import type { IEnvVar } from 'kubernetes-models/v1/EnvVar'
import type { IVolume } from 'kubernetes-models/v1/Volume'
import type { IVolumeMount } from 'kubernetes-models/v1/VolumeMount'
import { versionedSecretName } from '../../domain/names.ts'
import type { DeliveredEntry, RenderInputs } from '../../domain/outputs.ts'
import { credentialsRoot } from './mounts.ts'

/** Owner and group may read; the pod's fsGroup is the group, so any non-root user of the image can. */
const groupReadable = 0o440

/**
 * One volume per delivered entry, of the Secret of its current version. The Secret's name carries the version:
 * a pod cannot start on an old value, and a rotation is one rolling update.
 */
export function credentialVolumes(workload: string, outputs: RenderInputs): IVolume[] {
  return delivered(outputs).map(({ entry, keys, versionId }) => ({
    name: volumeName(entry),
    secret: { secretName: versionedSecretName(workload, entry, versionId, keys), defaultMode: groupReadable },
  }))
}

export function credentialMounts(outputs: RenderInputs): IVolumeMount[] {
  return delivered(outputs).map(({ entry }) => ({
    name: volumeName(entry),
    mountPath: `${credentialsRoot}/${entry}`,
    readOnly: true,
  }))
}

/** Files, not values: an environment variable shows in crash dumps and child processes (P3). */
export function natsVariables({ nats }: RenderInputs): IEnvVar[] {
  if (nats === undefined) return []
  return [
    { name: 'NATS_URL', value: nats.url },
    { name: 'NATS_CREDS', value: `${credentialsRoot}/${nats.credentials.entry}/nats.creds` },
    { name: 'NATS_INBOX_PREFIX', value: nats.inboxPrefix },
  ]
}

/** Those that have a version yet, each with its current one, in order of name. */
function delivered(outputs: RenderInputs): readonly (DeliveredEntry & { readonly versionId: string })[] {
  return [...(outputs.nats ? [outputs.nats.credentials] : []), ...outputs.secrets.entries]
    .flatMap((entry) => {
      const current = entry.versions.at(-1)
      return current === undefined ? [] : [{ ...entry, versionId: current.versionId }]
    })
    .toSorted((a, b) => (a.entry < b.entry ? -1 : 1))
}

/** An entry is a label of at most 40 characters; a volume name may have 63. */
function volumeName(entry: string): string {
  return `secret-${entry}`
}
