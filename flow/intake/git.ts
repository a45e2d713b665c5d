import * as z from 'zod'
import { label } from '../../domain/resources.ts'
import { accept } from './accept.ts'
import { parseJson } from './json.ts'
import {
  deliveryId,
  header,
  ignored,
  malformed,
  unauthorized,
  webhookSecrets,
  type IntakeAnswer,
  type IntakePorts,
  type IntakeRequest,
} from './request.ts'
import { signedHex } from './signature.ts'
import { specOf } from './sources.ts'

const objectId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
const body = z.strictObject({
  /** For people who read a delivery, as a name or as their host describes it: what is cloned is what is registered. */
  repository: z.union([z.string().min(1).max(500), z.looseObject({})]),
  ref: z.string().min(1).max(500).startsWith('refs/'),
  before: objectId,
  after: objectId,
})

/** `POST /webhooks/git/{source}`: any git host that can sign. One secret per source. */
export async function git(ports: IntakePorts, request: IntakeRequest, source: string): Promise<IntakeAnswer> {
  const signature = header(request, 'x-fairway-signature-256')
  // Both are read whatever the other says, so that known and unknown sources take the same path.
  const [secrets, record] = label.safeParse(source).success
    ? await Promise.all([
        ports.secrets(webhookSecrets.git(ports.installation, source)),
        ports.store.get({ kind: 'Source', name: source }),
      ])
    : [[], undefined]
  const registered = specOf(record, 'git') !== undefined
  if (!signedHex(registered ? secrets : [], signature, request.body)) return unauthorized

  const delivery = deliveryId(request, 'x-fairway-delivery')
  if (delivery === undefined) return malformed('the header x-fairway-delivery is required')
  const payload = body.safeParse(parseJson(request.body))
  if (!payload.success) return malformed('the body must be {repository, ref, before, after} in JSON')
  const { ref, after } = payload.data
  if (!ref.startsWith('refs/heads/') || /^0+$/.test(after)) return ignored('not a push to a branch')
  const event = { type: 'SourceChanged', detail: { source, reason: 'push', delivery } } as const
  return accept(ports, { id: `git/${source}/${delivery}`, find: async () => event })
}
