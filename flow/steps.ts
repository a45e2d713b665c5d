import type {
  ActionBase,
  CredentialEvent,
  Installation,
  Ledger,
  Memory,
  PlacementSubject,
  Provisioner,
  RotationStep,
  TenancySubject,
  WorkloadSubject,
} from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { Pace } from '../domain/pace.ts'
import { memoryOf, type AnyRecord, type Ref, type Store } from '../domain/store.ts'
import { provision, type Provisioning } from './provision.ts'
import { tenancySubject } from './system.ts'
import { noticingThrottles } from './throttled.ts'
import { holdWorld, placementSubject, workloadRef, workloadSubject, type Specs } from './world.ts'
import type { Outcome } from './outcome.ts'

/** Where a capability's remote reaches to. */
export interface Target {
  readonly account: string
  readonly region: string
}

export interface StepPorts<Remote> {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
  readonly clock: Clock
  readonly remoteFor: (target: Target) => Promise<Remote>
  readonly pace: Pace
  readonly told?: (event: CredentialEvent, of: { readonly workload: string; readonly cluster: string }) => void
}

/** One branch of `reconcile-workload`, for what is per workload: in the registry's account. */
export async function provisionWorkload<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  ports: StepPorts<Remote>,
  provisioner: Provisioner<WorkloadSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  input: { readonly workload: string; readonly fence: number },
): Promise<Outcome> {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const { account, region } = ports.installation
  return provisionIn(ports, { account, region }, provisioner, {
    subject: workloadSubject(world, ports.specs) as WorkloadSubject<Spec>,
    ...remembering(ports.store, workloadRef(input.workload), input.fence, provisioner.name, '-', world.record),
  })
}

/** One branch of one placement, in the cluster's account and region; of a rotation one step. */
export async function provisionPlacement<Spec, Desired, Observed, Action extends ActionBase, Output, Remote>(
  ports: StepPorts<Remote>,
  provisioner: Provisioner<PlacementSubject<Spec>, Desired, Observed, Action, Output, Remote>,
  input: {
    readonly workload: string
    readonly fence: number
    readonly cluster: string
    readonly through?: RotationStep | undefined
  },
): Promise<Outcome> {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const subject = placementSubject(world, ports.specs, input.cluster)
  return provisionIn(ports, subject.cluster.spec.aws, provisioner, {
    subject: subject as PlacementSubject<Spec>,
    cluster: input.cluster,
    ...(input.through === undefined ? {} : { through: input.through }),
    told: (event) => ports.told?.(event, { workload: input.workload, cluster: input.cluster }),
    ...remembering(
      ports.store,
      workloadRef(input.workload),
      input.fence,
      provisioner.name,
      input.cluster,
      world.record,
    ),
  })
}

/** One System in one cluster. */
export async function provisionTenancy<Desired, Observed, Action extends ActionBase, Output, Remote>(
  ports: StepPorts<Remote>,
  provisioner: Provisioner<TenancySubject, Desired, Observed, Action, Output, Remote>,
  input: { readonly system: string; readonly fence: number; readonly cluster: string },
): Promise<Outcome> {
  const ref = { kind: 'System', name: input.system } as const
  const [record, subject] = await Promise.all([
    ports.store.leases.hold(ref, input.fence),
    tenancySubject(ports, input.system, input.cluster),
  ])
  return provisionIn(ports, subject.cluster.spec.aws, provisioner, {
    subject,
    cluster: input.cluster,
    ...remembering(ports.store, ref, input.fence, provisioner.name, input.cluster, record),
  })
}

async function provisionIn<Subject, Desired, Observed, Action extends ActionBase, Output, Remote>(
  ports: StepPorts<Remote>,
  target: Target,
  provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>,
  step: Omit<Provisioning<Subject, Remote>, 'remote' | 'clock'>,
): Promise<Outcome> {
  const remote = await ports.remoteFor(target)
  return noticingThrottles(ports.pace, target.account, () =>
    provision(provisioner, { ...step, remote, clock: ports.clock }),
  )
}

function remembering(
  store: Store,
  ref: Ref<'Workload' | 'System'>,
  fence: number,
  capability: string,
  cluster: string,
  record: Extract<AnyRecord, { claims: unknown }>,
): { first: Memory; memory: () => Promise<Memory>; ledger: Ledger } {
  return {
    first: memoryOf(record, capability, cluster),
    memory: async () => memoryOf(await store.leases.hold(ref, fence), capability, cluster),
    ledger: store.ledger(ref, fence, capability, cluster),
  }
}
