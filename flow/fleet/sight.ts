import type { ActionBase, Memory, Provisioner, Refusal } from '../../domain/capability.ts'
import type { BulkObserver, BulkPlace, DriftKind, OwnedThing, PlaceUsage } from '../../domain/fleet.ts'

/** A capability as a look uses it: what it wants, observes and plans stays within. */
export interface FleetCapability<Subject> {
  readonly name: string
  readonly per: 'workload' | 'placement' | 'system'
  /** Reads its pages. */
  see(place: BulkPlace): Promise<Sight<Subject>>
}

/** What the pages of one capability showed. */
export interface Sight<Subject> {
  /** Pure; throws what `desired` throws: then there is nothing to say about this subject. */
  of(subject: Subject, memory: Memory): SubjectInSight
  owned(): Iterable<OwnedThing>
  /** How much there is of what is bounded. */
  readonly usage?: () => Omit<PlaceUsage, 'applications'>
}

export interface SubjectInSight {
  /** Ids of what is accounted for. */
  readonly accounts: readonly string[]
  /** Throws what `observe` would throw where a part of the place could not be read. */
  differences(now: number): readonly Difference[]
  /** The same with what pages lack; absent where they lack nothing. */
  readonly deep?: (now: number) => Promise<Depth>
}

export interface Depth {
  readonly differences: readonly Difference[]
  readonly images: Images
}

/** By environment: what placements are to run, where the capability says so. */
export type Images = Readonly<Record<string, { readonly digest: string; readonly tag?: string }>>

export interface Difference {
  readonly kind: DriftKind
  readonly where: string
  /** What would be done about it. */
  readonly what: string
  /** Nothing is, and this is what a person can do. */
  readonly fix?: string
}

/** What of a provisioner a look needs: nothing that changes things, so that who looks does not carry it. */
export type Planner<Subject, Desired, Observed, Action extends ActionBase> = Pick<
  Provisioner<Subject, Desired, Observed, Action, unknown, unknown>,
  'name' | 'per' | 'desired' | 'plan'
>

/** The same `desired` and `plan` as for one workload, on what the pages of a place showed. */
export function fleetCapability<Subject, Desired, Observed, Action extends ActionBase, Remote, Snapshot>(
  provisioner: Planner<Subject, Desired, Observed, Action>,
  bulk: BulkObserver<Desired, Observed, Action, Remote, Snapshot>,
  remoteFor: (place: BulkPlace) => Promise<Remote>,
): FleetCapability<Subject> {
  const differences = (desired: Desired, observed: Observed, now: number) => {
    const planned = provisioner.plan(desired, observed, now).flatMap((action): Difference[] => {
      const found = bulk.drift(action, desired, observed)
      return found === undefined ? [] : [{ ...found, ...wordsOf(action) }]
    })
    return distinct([...planned, ...(bulk.unread?.(desired, observed) ?? [])])
  }
  return {
    name: provisioner.name,
    per: provisioner.per,
    async see(place) {
      const remote = await remoteFor(place)
      const snapshot = await bulk.snapshot(remote, place)
      const deep = bulk.deep?.bind(bulk)
      const usage = bulk.usage?.bind(bulk)
      return {
        of(subject, memory) {
          const desired = provisioner.desired(subject, memory)
          return {
            accounts: bulk.accounts(desired),
            differences: (now) => differences(desired, bulk.observed(desired, snapshot), now),
            ...(deep && {
              async deep(now: number) {
                const observed = await deep(desired, snapshot, remote)
                return {
                  differences: differences(desired, observed, now),
                  images: bulk.images?.(desired, observed) ?? {},
                }
              },
            }),
          }
        },
        owned: () => bulk.owned(snapshot),
        ...(usage && { usage: () => usage(snapshot) }),
      }
    },
  }
}

function wordsOf(action: ActionBase | Refusal): Pick<Difference, 'what' | 'fix'> {
  return 'reason' in action ? { what: action.reason, fix: action.fix } : { what: action.summary }
}

/** Several actions on one thing that differs in one way are one difference. */
function distinct(all: readonly Difference[]): readonly Difference[] {
  const found = new Map<string, Difference>()
  for (const one of all) {
    const key = `${one.kind} ${one.where}`
    const before = found.get(key)
    found.set(key, before ? { ...before, what: `${before.what}; ${one.what}` } : one)
  }
  return [...found.values()]
}
