import * as z from 'zod'
import { doctor } from '../../flow/doctor/doctor.ts'
import type { DoctorPorts } from '../../flow/doctor/ports.ts'
import type { DoctorRequest, Operated } from '../../flow/operations/model.ts'
import { answering } from '../operate/answering.ts'
import { doctorRuntime } from '../runtime/doctor.ts'
import { makeTelemetry } from '../telemetry.ts'

const request: z.ZodType<DoctorRequest> = z.strictObject({
  operation: z.literal('doctor'),
  cluster: z.string().max(40).exactOptional(),
})

/** A function of its own: it reads what no operation needs to. */
export const make = answering(makeTelemetry('doctor'), request, async (ports: DoctorPorts, _who, { cluster }) => {
  const { healthy, findings } = await doctor(ports, cluster === undefined ? {} : { cluster })
  const bad = findings.filter(({ result }) => result === 'failed').length
  const message = healthy ? `${findings.length} checks, none failed` : `${bad} of ${findings.length} checks failed`
  return { result: 'done', message, diagnosis: { healthy, findings } } satisfies Operated
})

export const handler = make(doctorRuntime)
