import * as z from 'zod'
import { driftKinds, fleetModes } from '../../domain/fleet.ts'
import type { Operation } from '../../flow/operations/model.ts'
import { mostFollowed } from '../../flow/operations/progress.ts'

/** What may be asked, each text bounded. Nothing in it says who asks. */

const workload = z.string().max(100)
const name = z.string().max(40)
/** With the URL and the branch of a repository in it. */
const shard = z.string().max(3000)
const phase = z.enum(['Pending', 'AwaitingImage', 'AwaitingSecret', 'Ready', 'Failed', 'Retiring', 'Retired'])

export const operationRequest: z.ZodType<Operation> = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('apply'),
    files: z.array(z.strictObject({ path: z.string().max(500), text: z.string().max(1_048_576) })).max(500),
  }),
  z.strictObject({
    operation: z.literal('status'),
    name: workload.exactOptional(),
    modes: z.literal(true).exactOptional(),
    of: z
      .array(z.strictObject({ kind: z.enum(['Workload', 'System']), name: workload }))
      .max(mostFollowed)
      .exactOptional(),
    system: name.exactOptional(),
    phases: z.array(phase).max(10).exactOptional(),
    cursor: z.string().max(2000).exactOptional(),
  }),
  z.strictObject({ operation: z.literal('reconcile'), workload }),
  z.strictObject({ operation: z.literal('retire'), workload, confirm: name.exactOptional() }),
  z.strictObject({
    operation: z.literal('rotate'),
    workload: workload.exactOptional(),
    account: z.string().max(81).exactOptional(),
    cluster: name.exactOptional(),
    entry: name.exactOptional(),
    key: z.boolean().exactOptional(),
    now: z.boolean().exactOptional(),
    to: z.int().min(1).exactOptional(),
  }),
  z.strictObject({
    operation: z.literal('adopt'),
    workload,
    key: z.string().max(200),
    id: z.string().max(2048),
  }),
  z.strictObject({ operation: z.literal('transfer'), workload, to: name }),
  z.strictObject({ operation: z.literal('go'), source: name.exactOptional(), shard: shard.exactOptional() }),
  z.strictObject({ operation: z.literal('mode'), mode: z.enum(fleetModes), why: z.string().max(500).exactOptional() }),
  z.strictObject({
    operation: z.literal('drift'),
    kind: z.enum(driftKinds).exactOptional(),
    system: name.exactOptional(),
    brief: z.literal(true).exactOptional(),
    cursor: shard.exactOptional(),
  }),
  z.strictObject({ operation: z.literal('look'), shard: shard.exactOptional() }),
])
