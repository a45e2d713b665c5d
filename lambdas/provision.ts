import middy from '@middy/core'
import * as z from 'zod'
import {
  rotationSteps,
  type ActionBase,
  type CredentialEvent,
  type PlacementSubject,
  type Provisioner,
  type TenancySubject,
  type WorkloadSubject,
} from '../domain/capability.ts'
import { toFailure } from '../domain/errors.ts'
import { credentialMetrics, reasonDimension } from '../domain/metrics.ts'
import type { CapabilityAnswer, NatsServers } from '../flow/doctor/ports.ts'
import type { Outcome } from '../flow/outcome.ts'
import { provisionPlacement, provisionTenancy, provisionWorkload, type StepPorts, type Target } from '../flow/steps.ts'
import type { Runtime } from './core.ts'
import { standard } from './middleware.ts'
import { count, countBy, makeTelemetry, type Telemetry } from './telemetry.ts'

/** The handlers of the capabilities differ in nothing but the capability: one function each, with its own grants. */

const workload = z.object({ workload: z.string(), fence: z.int() })
const placement = z.object({ ...workload.shape, cluster: z.string(), through: z.enum(rotationSteps).optional() })
const tenancy = z.object({ system: z.string(), fence: z.int(), cluster: z.string() })
/** Asked by the doctor: has it a way into this account and region? */
const check = z.object({
  operation: z.literal('check'),
  account: z.string(),
  region: z.string(),
  nats: z.object({ operator: z.string(), url: z.string() }).optional(),
})

/** Who a capability is in an account and region: with exactly the credentials that its `remoteFor` works with. */
export interface Identified {
  readonly identify: (target: Target) => Promise<{ readonly account: string; readonly arn: string }>
}

export type ProvisionRuntime<Remote> = Runtime<StepPorts<Remote> & Identified>

export function workloadHandler<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<WorkloadSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  runtime: ProvisionRuntime<Remote>,
) {
  return handle(provisioner.name, runtime, async (ports, event) =>
    provisionWorkload(ports, provisioner, workload.parse(event)),
  )
}

export function placementHandler<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<PlacementSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  runtime: ProvisionRuntime<Remote>,
  reach?: Reach<Remote>,
) {
  return handle(
    provisioner.name,
    runtime,
    async (ports, event) => provisionPlacement(ports, provisioner, placement.parse(event)),
    reach,
  )
}

export function tenancyHandler<Desired, Observed, Action extends ActionBase, Output, Remote>(
  provisioner: Provisioner<TenancySubject, Desired, Observed, Action, Output, Remote>,
  runtime: ProvisionRuntime<Remote>,
) {
  return handle(provisioner.name, runtime, async (ports, event) =>
    provisionTenancy(ports, provisioner, tenancy.parse(event)),
  )
}

/** Throws unless servers besides AWS let it in. */
type Reach<Remote> = (remote: Remote, servers: NatsServers) => Promise<void>

function handle<Remote>(
  name: string,
  runtime: ProvisionRuntime<Remote>,
  step: (ports: StepPorts<Remote>, event: unknown) => Promise<Outcome>,
  reach?: Reach<Remote>,
) {
  const telemetry = makeTelemetry(name)
  return middy(async (event: unknown) => {
    const ports = await runtime()
    const asked = check.safeParse(event)
    if (asked.success) return checked(ports, asked.data, reach)
    return tell(telemetry, await step({ ...ports, told: (...what) => tellOf(telemetry, ...what) }, event))
  }).use(standard(telemetry))
}

async function checked<Remote>(
  ports: StepPorts<Remote> & Identified,
  { account, region, nats }: z.infer<typeof check>,
  reach: Reach<Remote> | undefined,
): Promise<CapabilityAnswer> {
  try {
    const who = await ports.identify({ account, region })
    if (nats) await reach?.(await ports.remoteFor({ account, region }), nats)
    return { ok: true, ...who }
  } catch (error) {
    return { ok: false, failure: toFailure(error) }
  }
}

/** At once: what fails later on in this call has minted all the same. */
function tellOf(telemetry: Telemetry, event: CredentialEvent, of: { readonly workload: string }): void {
  const { what, reason, unasked, issuedAt, expiresAt, ...rest } = event
  const times = { issued: isoTime(issuedAt), expires: isoTime(expiresAt) }
  telemetry.logger.info(`credential ${what} (${reason})`, { ...of, ...rest, what, reason, unasked, ...times })
  countBy(telemetry, credentialMetrics.of(what), reasonDimension, reason)
  if (unasked) count(telemetry, credentialMetrics.unasked)
}

function isoTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()
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
