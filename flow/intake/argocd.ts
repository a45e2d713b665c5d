import * as z from 'zod'
import { workloadId } from '../../domain/names.ts'
import { label } from '../../domain/resources.ts'
import { accept } from './accept.ts'
import { parseJson } from './json.ts'
import {
  deliveryId,
  header,
  malformed,
  unauthorized,
  webhookSecrets,
  type IntakeAnswer,
  type IntakePorts,
  type IntakeRequest,
} from './request.ts'
import { signedHex } from './signature.ts'

/** A notification may carry more for its other readers. */
const body = z.object({ application: z.string().min(1).max(253), system: label, workload: label })

/**
 * `POST /webhooks/argocd/{cluster}`: the objects of a removed Application are gone. Sent by the program that
 * `fairway bootstrap cluster` puts beside Argo CD, whose notifications cannot sign, and fire when deletion begins.
 */
export async function argocd(ports: IntakePorts, request: IntakeRequest, cluster: string): Promise<IntakeAnswer> {
  const signature = header(request, 'x-fairway-signature-256')
  const [secrets, record] = label.safeParse(cluster).success
    ? await Promise.all([
        ports.secrets(webhookSecrets.argocd(ports.installation, cluster)),
        ports.store.get({ kind: 'Cluster', name: cluster }),
      ])
    : [[], undefined]
  if (!signedHex(record?.spec === undefined ? [] : secrets, signature, request.body)) return unauthorized

  const delivery = deliveryId(request, 'x-fairway-delivery')
  if (delivery === undefined) return malformed('the header x-fairway-delivery is required')
  const payload = body.safeParse(parseJson(request.body))
  if (!payload.success) return malformed('the body must be {application, system, workload} in JSON')
  const workload = workloadId(payload.data.system, payload.data.workload)
  const event = { type: 'RemovalConfirmed', detail: { workload, cluster } } as const
  // On record first: nobody sends it again, and a lease that is held would make the execution coalesce.
  const confirm = () => ports.store.confirmRemoval({ kind: 'Workload', name: workload }, cluster, 'argocd')
  return accept(ports, { id: `argocd/${cluster}/${delivery}`, find: async () => event, record: confirm })
}
