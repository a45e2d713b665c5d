import type { ActionBase, Provisioner, Refusal } from '../../domain/capability.ts'
import type { BulkObserver, BulkPlace, DriftKind } from '../../domain/fleet.ts'
import { provisionerBench } from './provisioner-bench.ts'
import { createAws } from '../../local/aws/index.ts'
import type { AwsOptions } from '../../local/aws/index.ts'
import { testRandom } from '../../local/aws/fixture.ts'
import { TestClock, home } from './provisioner-aws.ts'
import { clusterNamed, installation } from './provisioner-subjects.ts'

/** Clusters `dev` and `prod` of the control plane's own account and region. */
export const place: BulkPlace = { installation, ...home, clusters: [clusterNamed('dev'), clusterNamed('prod')] }

/** With identifiers that hundreds of things do not share. */
export function bulkAws(options: Partial<AwsOptions> = {}) {
  const clock = new TestClock()
  return { aws: createAws({ clock, random: testRandom(), ...home, ...options }), clock, now: () => clock.now() }
}

/** What a look found about one resource, and what the resource's own reconcile would have found. */
interface Compared<Action> {
  readonly alone: readonly (Action | Refusal)[]
  readonly inBulk: readonly (Action | Refusal)[]
  /** As `deep` sees it; like `inBulk` where a capability has none. */
  readonly deep: readonly (Action | Refusal)[]
  /** Of the actions in bulk, without those that mend nothing. */
  readonly kinds: readonly DriftKind[]
  readonly deepKinds: readonly DriftKind[]
}

/** A subject as `provisionerBench` drives it, and looked at in bulk beside it: the same memory, the same plan. */
export function bulkBench<Subject, Desired, Observed, Action extends ActionBase, Output, Remote, BulkRemote, Snapshot>(
  provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>,
  bulk: BulkObserver<Desired, Observed, Action, BulkRemote, Snapshot>,
  { remote, bulkRemote, now }: { remote: Remote; bulkRemote: () => BulkRemote; now: () => number },
) {
  const bench = provisionerBench(provisioner, remote, now)
  const desiredOf = (subject: Subject): Desired => {
    const { claims, credentials, memory } = bench
    return provisioner.desired(subject, structuredClone({ claims, credentials, ...memory }))
  }
  const kindsOf = (actions: readonly (Action | Refusal)[], desired: Desired, observed: Observed) =>
    actions.flatMap((action) => bulk.drift(action, desired, observed)?.kind ?? [])
  return {
    ...bench,
    desired: desiredOf,
    snapshot: () => bulk.snapshot(bulkRemote(), place),
    compare: async (subject: Subject): Promise<Compared<Action>> => {
      const desired = desiredOf(subject)
      const snapshot = await bulk.snapshot(bulkRemote(), place)
      const seen = bulk.observed(desired, snapshot)
      const seenDeep = (await bulk.deep?.(desired, snapshot, bulkRemote())) ?? seen
      const alone = provisioner.plan(desired, await provisioner.observe(desired, remote), now())
      const inBulk = provisioner.plan(desired, seen, now())
      const deep = provisioner.plan(desired, seenDeep, now())
      const [kinds, deepKinds] = [kindsOf(inBulk, desired, seen), kindsOf(deep, desired, seenDeep)]
      return { alone, inBulk, deep, kinds, deepKinds }
    },
  }
}
