import { explains } from '../capabilities/changes.ts'
import type { Checks } from '../domain/checks.ts'
import type { EventBus } from '../domain/events.ts'
import type { ClusterRepositoryWriter, SourceHeads, SourceReader } from '../domain/git.ts'
import type { Portal } from '../domain/portal.ts'
import type { SecretValue } from '../domain/secret.ts'
import type { NatsProvider } from '../capabilities/nats/provider.ts'
import { lookAtPages } from '../flow/fleet/pages.ts'
import { lookAtBranches } from '../flow/fleet/repository.ts'
import type { Target } from '../flow/steps.ts'
import { blobId } from '../git/blob.ts'
import { make as check } from '../lambdas/check/handler.ts'
import { make as commit } from '../lambdas/commit/handler.ts'
import { make as doctor } from '../lambdas/doctor/handler.ts'
import { fleetCapabilities } from '../lambdas/fleet/capabilities.ts'
import { make as look } from '../lambdas/look.ts'
import { make as ecr } from '../lambdas/ecr/handler.ts'
import { make as iam } from '../lambdas/iam/handler.ts'
import { make as intake } from '../lambdas/intake/handler.ts'
import { make as lease } from '../lambdas/lease/handler.ts'
import { make as nats, warn } from '../lambdas/nats/handler.ts'
import { make as operate } from '../lambdas/operate/handler.ts'
import { make as report } from '../lambdas/report/handler.ts'
import { functionMilliseconds, type AwsCore } from '../lambdas/runtime/core.ts'
import { identityOf } from '../lambdas/runtime/identity.ts'
import { rendering } from '../lambdas/runtime/rendering.ts'
import { storeValidation } from '../lambdas/runtime/validation.ts'
import { make as restore } from '../lambdas/restore/handler.ts'
import { incarnations } from '../lambdas/restore/incarnation.ts'
import { make as secrets } from '../lambdas/secrets/handler.ts'
import { make as source } from '../lambdas/source/handler.ts'
import { make as sweep } from '../lambdas/sweep/handler.ts'
import { make as tenancy } from '../lambdas/tenancy/handler.ts'
import { make as write } from '../lambdas/write/handler.ts'
import { readForm } from '../portals/port/form.ts'
import type { AwsClients } from './aws/index.ts'
import { doctorPorts, type LocalDoctor } from './doctor.ts'
import type { LocalHandover } from './handover.ts'
import { invoke, type Handler } from './invoke.ts'

/** Everything the handlers reach, as this process has it. */
export interface LocalPorts {
  readonly core: Omit<AwsCore, 'config'>
  readonly bus: EventBus
  readonly aws: AwsClients
  readonly provider: NatsProvider
  readonly reader: SourceReader
  readonly heads: SourceHeads
  readonly checks: Checks
  readonly writer: ClusterRepositoryWriter
  readonly handover: LocalHandover
  readonly portal: Portal
  readonly webhookSecrets: (name: string) => Promise<readonly SecretValue[]>
  /** Workloads that one reading of a source may retire without an explicit go. */
  readonly brake: number
  readonly doctor: LocalDoctor
}

export type LocalFunctions = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>

/** The deployed handlers on this process's ports, by the placeholders of the ASL files, and those outside them. */
export function localFunctions(ports: LocalPorts): LocalFunctions {
  const { core, bus, aws, handover } = ports
  const control = aws.secretsManager({ account: core.installation.account, region: core.installation.region })
  const step = <Remote>(remote: (target: Target) => Remote) =>
    given({
      ...core,
      remoteFor: async (target: Target) => remote(target),
      identify: (target: Target) => identityOf(aws.sts(target), target),
    })
  const { clock, random, table, store } = core
  const brake = { workloads: ports.brake, share: 0.1, systemShare: 0.25 }
  const looking = { ...core, brake, sample: { size: 5, period: fleetPeriod }, longest: fleetPeriod }
  const capabilities = fleetCapabilities(core.installation.name, async (target) => clientsOf(aws, target), {
    table,
    provider: ports.provider,
  })
  const handlers: Readonly<Record<string, Handler>> = {
    LeaseFunction: lease(given(core)),
    SourceFunction: source(
      given({
        store,
        bus,
        clock,
        reader: ports.reader,
        heads: ports.heads,
        random,
        portal: ports.portal,
        validate: storeValidation(store, core.fleet),
        form: readForm,
        brake,
        fleet: core.fleet,
      }),
    ),
    CheckFunction: check(
      given({
        store,
        installation: core.installation,
        specs: core.specs,
        explains,
        reader: ports.reader,
        checks: ports.checks,
        validate: storeValidation(store, core.fleet),
        brake,
        fleet: core.fleet,
      }),
    ),
    EcrFunction: ecr(step((target) => ({ ecr: aws.ecr(target) }))),
    IamFunction: iam(step((target) => ({ iam: aws.iam(target), eks: aws.eks(target) }))),
    NatsFunction: nats(
      step((target) => ({
        secrets: aws.secretsManager(target),
        control,
        provider: ports.provider,
        table,
        clock,
        random,
        warn,
      })),
    ),
    SecretsFunction: secrets(step((target) => ({ secretsManager: aws.secretsManager(target), random }))),
    TenancyFunction: tenancy(step((target) => ({ iam: aws.iam(target) }))),
    CommitFunction: commit(given({ ...core, ...rendering, blobId, writer: ports.writer, ...handover })),
    WriteFunction: write(given({ store, clock, writer: ports.writer, ...handover })),
    ReportFunction: report(given({ ...core, bus, portal: ports.portal })),
    FleetFunction: look(given({ ...looking, compare: lookAtPages({ specs: core.specs, capabilities }) })),
    BranchesFunction: look(
      given({ ...looking, compare: lookAtBranches({ ...core, ...rendering, blobId, writer: ports.writer }) }),
    ),
    SweepFunction: sweep(given({ ...core, bus })),
    DoctorFunction: doctor(
      given(
        doctorPorts(core, aws, (name, payload) => (functions[name] as LocalFunctions[string])(payload), ports.doctor),
      ),
    ),
    RestoreFunction: restore(
      given({
        installation: core.installation,
        store,
        bus,
        clock,
        incarnationOf: incarnations(aws.ecr(core.installation), core.installation),
      }),
    ),
    OperateFunction: operate(given({ ...core, bus, validate: storeValidation(store, core.fleet) })),
    IntakeFunction: intake(
      given({ installation: core.installation.name, store, bus, clock, secrets: ports.webhookSecrets }),
    ),
  }
  const functions: LocalFunctions = Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      (payload: unknown) => invoke(name, handler, payload, functionMilliseconds),
    ]),
  )
  return functions
}

/** Milliseconds between two looks at the fleet. */
export const fleetPeriod = 60_000

function clientsOf(aws: AwsClients, target: Target) {
  return {
    ecr: aws.ecr(target),
    tagging: aws.tagging(target),
    iam: aws.iam(target),
    eks: aws.eks(target),
    secretsManager: aws.secretsManager(target),
  }
}

function given<Ports>(ports: Ports): () => Promise<Ports> {
  return () => Promise.resolve(ports)
}
