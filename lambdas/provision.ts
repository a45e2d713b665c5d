import middy from '@middy/core'
import * as z from 'zod'
import type {
  ActionBase,
  PlacementSubject,
  Provisioner,
  TenancySubject,
  WorkloadSubject,
} from '../domain/capability.ts'
import type { Outcome } from '../flow/outcome.ts'
import { provisionPlacement, provisionTenancy, provisionWorkload, type StepPorts } from '../flow/steps.ts'
import type { Runtime } from './core.ts'
import { standard } from './middleware.ts'
import { count, makeTelemetry, type Telemetry } from './telemetry.ts'

/** The handlers of the capabilities differ in nothing but the capability: one function each, with its own grants. */

const workload = z.object({ workload: z.string(), fence: z.int() })
const placement = z.object({ ...workload.shape, cluster: z.string() })
const tenancy = z.object({ system: z.string(), fence: z.int(), cluster: z.string() })

export function workloadHandler<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<WorkloadSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  runtime: Runtime<StepPorts<Remote>>,
) {
  return handle(provisioner.name, async (event) =>
    provisionWorkload(await runtime(), provisioner, workload.parse(event)),
  )
}

export function placementHandler<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<PlacementSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  runtime: Runtime<StepPorts<Remote>>,
) {
  return handle(provisioner.name, async (event) =>
    provisionPlacement(await runtime(), provisioner, placement.parse(event)),
  )
}

export function tenancyHandler<Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<TenancySubject, Desired, Observed, Action, Output, Remote>,
  runtime: Runtime<StepPorts<Remote>>,
) {
  return handle(provisioner.name, async (event) => provisionTenancy(await runtime(), provisioner, tenancy.parse(event)))
}

function handle(name: string, step: (event: unknown) => Promise<Outcome>) {
  const telemetry = makeTelemetry(name)
  return middy(async (event: unknown) => tell(telemetry, await step(event))).use(standard(telemetry))
}

/** Names, ids and summaries only; outputs hold nothing that may not be seen (P3), but are long. */
function tell(telemetry: Telemetry, outcome: Outcome): Outcome {
  const { output: _, ...rest } = outcome
  telemetry.logger.info(outcome.ok ? `${outcome.capability}: ${outcome.result}` : `${outcome.capability}: failed`, {
    ...rest,
  })
  count(telemetry, outcome.ok ? `provision.${outcome.result}` : 'provision.failed')
  return outcome
}
