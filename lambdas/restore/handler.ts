import * as z from 'zod'
import type { RestoreRequest } from '../../flow/operations/model.ts'
import { restore, type RestorePorts } from '../../flow/restore.ts'
import { answering } from '../operate/answering.ts'
import { restoreRuntime } from '../runtime/restore.ts'
import { makeTelemetry } from '../telemetry.ts'

const request: z.ZodType<RestoreRequest> = z.strictObject({
  operation: z.literal('restore'),
  confirm: z.string().max(40),
  cursor: z.string().max(2000).exactOptional(),
})

/** A function of its own, and a route: it reads repositories, and few should be allowed to ask for it. */
export const make = answering(makeTelemetry('restore'), request, (ports: RestorePorts, who, asked) =>
  restore(ports, who, asked),
)

export const handler = make(restoreRuntime)
