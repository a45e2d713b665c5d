import { describe, expect, test } from 'vitest'
import type { ActionBase, Provisioner, Refusal } from '../../domain/capability.ts'
import { RetryLater, Terminal, isFairwayError } from '../../domain/errors.ts'
import type { Claim } from '../../domain/records.ts'
import { MemoryLedger, Probe } from './provisioner-probe.ts'
import type { Around } from './provisioner-probe.ts'

/**
 * What every provisioner promises (domain/capability.ts, P1, P4, P5), held by one suite. A capability describes a
 * world with its things in it; the suite drives the provisioner through it as the flow does.
 */
export interface ProvisionerCase<Subject, Desired, Observed, Action extends ActionBase, Output, Remote> {
  readonly provisioner: Provisioner<Subject, Desired, Observed, Action, Output, Remote>
  /** Calls that a reconcile makes when nothing is wrong. */
  readonly steadyReads: number
  /** A new world in which the subject's surroundings exist, and nothing of the subject. */
  world(options: WorldOptions): Promise<ProvisionerWorld<Subject, Remote>>
  /** Lines of the inventory that outlive the subject by design: a recovery window, something shared. */
  readonly mayStay?: (line: string) => boolean
  /** Errors as the other side gives them, where it can: try later, and not permitted. */
  readonly errors?: { readonly transient: () => Error; readonly denied: () => Error }
}

export interface WorldOptions {
  readonly around: Around
  /** Reads lag behind writes, where the other side is like that. */
  readonly eventuallyConsistent?: boolean
}

export interface ProvisionerWorld<Subject, Remote> {
  readonly remote: Remote
  /** Wanted; wanted differently, by the same name; wanted no more. */
  readonly subjects: { readonly wanted: Subject; readonly changed: Subject; readonly retired: Subject }
  now(): number
  /** Lets time pass: eventual consistency settles. */
  settle(): Promise<void>
  /** One line for each thing that exists and for how it is configured, without ids that are made up anew. */
  inventory(): Promise<readonly string[]>
  /** Somebody else makes what the subject wants, by the same name. */
  occupy(): Promise<void>
  /** What `fairway adopt` would record after `occupy`. */
  readonly adoption: Readonly<Record<string, Claim>>
  /** Somebody takes what was made out of Fairway's hands, by removing our mark. */
  unmark(): Promise<void>
}

export function provisionerContract<Subject, Desired, Observed, Action extends ActionBase, Output, Remote>(
  subject: ProvisionerCase<Subject, Desired, Observed, Action, Output, Remote>,
): void {
  const { provisioner } = subject
  type Bench = Awaited<ReturnType<typeof bench>>

  async function bench(options: Omit<WorldOptions, 'around'> = {}) {
    const probe = new Probe()
    const world = await subject.world({ ...options, around: probe.around })
    const ledger = new MemoryLedger(probe.around)
    const look = async (wanted: Subject) => {
      const desired = provisioner.desired(wanted, ledger.memory())
      const observed = await provisioner.observe(desired, world.remote)
      return { desired, observed, actions: provisioner.plan(desired, observed, world.now()) }
    }
    const apply = (action: ActionBase) => provisioner.apply(action as Action, world.remote, ledger)
    return { probe, world, ledger, look, apply }
  }

  describe(`the provisioner ${provisioner.name}`, () => {
    test('observing writes nothing, neither outside nor in the record, whatever there is', async () => {
      const { probe, world, look, ...rest } = await bench()
      for (const prepare of [() => world.inventory(), () => converge({ probe, world, look, ...rest }, 'wanted')]) {
        await prepare()
        probe.reset()
        for (const wanted of Object.values(world.subjects)) await look(wanted)
        expect(probe.writes).toEqual([])
      }
    })

    test('planning is pure: the same observation gives the same plan, and nothing is called', async () => {
      const { probe, world, look } = await bench()
      const { desired, observed, actions } = await look(world.subjects.wanted)
      probe.reset()
      expect(provisioner.plan(desired, observed, world.now())).toEqual(actions)
      expect(probe.calls).toEqual([])
    })

    test('what was applied is observed, nothing is left to do, and there is an output', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      const { desired, observed, actions } = await it.look(it.world.subjects.wanted)
      expect(actions).toEqual([])
      expect(provisioner.outputs(desired, observed)).toBeDefined()
      expect(await it.world.inventory()).not.toEqual([])
    })

    test('every action says what it does', async () => {
      const it = await bench()
      const { actions } = await it.look(it.world.subjects.wanted)
      expect(actions.length).toBeGreaterThan(0)
      for (const { summary } of actions) expect(summary).toMatch(/\S \S/)
    })

    test('reconciling what is healthy writes nothing and reads no more than it says', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      it.probe.reset()
      await converge(it, 'wanted')
      expect(it.probe.writes).toEqual([])
      expect(it.probe.calls.length).toBeLessThanOrEqual(subject.steadyReads)
    })

    test('applying every action twice ends as applying it once', async () => {
      for (const path of paths) {
        const [once, twice] = [await bench(), await bench()]
        for (const step of path) await converge(once, step)
        for (const step of path)
          await converge(twice, step, async (action) => {
            await twice.apply(action)
            await twice.apply(action)
          })
        expect([path, await twice.world.inventory()]).toEqual([path, await once.world.inventory()])
      }
    })

    test('dying before or after any call is survived: the next reconcile ends where it would have ended', async () => {
      for (const path of paths) {
        const expected = await inventoryAfter(path)
        const calls = await callsOfLastStep(path)
        for (let at = 1; at <= calls; at++) {
          for (const when of ['before', 'after'] as const) {
            const it = await afterAllButLast(path)
            it.probe.dieAt(at, when)
            await converge(it, path.at(-1) ?? 'wanted').catch(() => undefined)
            expect(it.probe.isDead).toBe(true)
            it.probe.revive()
            await converge(it, path.at(-1) ?? 'wanted')
            expect([path, when, at, await it.world.inventory()]).toEqual([path, when, at, expected])
          }
        }
      }
    })

    test('dying half-way and being retired leaves nothing behind that the next reconcile would not find', async () => {
      const bare = await inventoryAfter([])
      const calls = await callsOfLastStep(['wanted'])
      for (let at = 1; at <= calls; at++) {
        const it = await bench()
        it.probe.dieAt(at, 'after')
        await converge(it, 'wanted').catch(() => undefined)
        expect(it.probe.isDead).toBe(true)
        it.probe.revive()
        await converge(it, 'retired')
        const left = (await it.world.inventory()).filter((line) => !subject.mayStay?.(line))
        expect([at, left]).toEqual([at, bare])
      }
    })

    test('what is there without our claim is refused, with a reason and a way out, and stays as it is', async () => {
      const it = await bench()
      await it.world.occupy()
      const before = await it.world.inventory()
      it.probe.reset()
      const refusal = refusalOf((await it.look(it.world.subjects.wanted)).actions)
      expect(refusal?.reason).toMatch(/\S/)
      expect(refusal?.fix).toMatch(/\S/)
      for (const wanted of [it.world.subjects.changed, it.world.subjects.retired]) {
        const { actions } = await it.look(wanted)
        if (!refusalOf(actions)) for (const action of actions) await it.apply(action)
      }
      expect(it.probe.writes.filter(({ operation }) => !operation.startsWith('ledger'))).toEqual([])
      expect(await it.world.inventory()).toEqual(before)
    })

    test('what is there becomes ours after an explicit adopt, and only then', async () => {
      const it = await bench()
      await it.world.occupy()
      for (const [what, claim] of Object.entries(it.world.adoption)) await it.ledger.claim(what, claim)
      await converge(it, 'wanted')
      expect(Object.values(it.ledger.memory().claims).filter(({ adopted }) => adopted)).toEqual([])
      await converge(it, 'retired')
    })

    test('what somebody took out of our hands is reported, not seized, and not removed when the subject retires', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      await it.world.unmark()
      const before = await it.world.inventory()
      expect(refusalOf((await it.look(it.world.subjects.wanted)).actions)).toBeDefined()
      await converge(it, 'retired')
      expect(await it.world.inventory()).toEqual(before)
    })

    test('what is no longer on record is found again by name and tag: nothing outside is written', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      const before = it.ledger.memory()
      it.ledger.lose()
      it.probe.reset()
      await converge(it, 'wanted')
      expect(it.probe.writes.filter(({ operation }) => !operation.startsWith('ledger'))).toEqual([])
      const { claims, credentials } = it.ledger.memory()
      expect(claims).toEqual(before.claims)
      const generations = (of: typeof credentials) =>
        Object.entries(of).map(([entry, { generation, versionId }]) => [entry, generation, versionId])
      expect(generations(credentials)).toEqual(generations(before.credentials))
    })

    test('what is not marked as ours is not found again, and what is not wanted is not removed for its mark', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      it.ledger.lose()
      const marked = await it.world.inventory()
      await converge(it, 'retired')
      expect(await it.world.inventory()).toEqual(marked)
      await it.world.unmark()
      const before = await it.world.inventory()
      it.probe.reset()
      expect(refusalOf((await it.look(it.world.subjects.wanted)).actions)).toBeDefined()
      expect(it.probe.writes).toEqual([])
      expect(await it.world.inventory()).toEqual(before)
    })

    test('what is retired stays retired, and reconciling it again writes nothing', async () => {
      const it = await bench()
      await converge(it, 'wanted')
      await converge(it, 'retired')
      it.probe.reset()
      const { desired, observed } = await it.look(it.world.subjects.retired)
      await converge(it, 'retired')
      expect(it.probe.writes).toEqual([])
      expect(provisioner.outputs(desired, observed)).toBeUndefined()
    })

    test('what comes back after it was retired converges', async () => {
      const it = await bench()
      for (const step of ['wanted', 'retired', 'wanted'] as const) await converge(it, step)
      expect((await it.look(it.world.subjects.wanted)).actions).toEqual([])
    })

    test('reads that lag behind writes delay it, and change nothing of how it ends', async () => {
      for (const path of paths) {
        const it = await bench({ eventuallyConsistent: true })
        for (const step of path) await eventually(it, step)
        expect([path, await it.world.inventory()]).toEqual([path, await inventoryAfter(path)])
      }
    })

    test('whatever a call fails with leaves as RetryLater or, when it is not permitted, as Terminal with a fix', async () => {
      const { errors } = subject
      if (!errors) return
      const calls = await callsOfLastStep(['wanted'])
      const wrong: unknown[] = []
      for (let at = 1; at <= calls; at++) {
        for (const [kind, make] of Object.entries(errors)) {
          const it = await bench()
          it.probe.failAt(at, make)
          const error: unknown = await converge(it, 'wanted').catch((caught: unknown) => caught)
          // What a call may not find, or the record refuses, is another story.
          if (it.probe.failedInLedger || error === undefined) continue
          const right = kind === 'denied' ? error instanceof Terminal && error.fix : error instanceof RetryLater
          if (!right) wrong.push([kind, at, it.probe.calls[at - 1]?.operation, error])
        }
      }
      expect(wrong).toEqual([])
    })
  })

  /** Each way that a subject goes; the last step is the one that is disturbed. */
  const paths = [['wanted'], ['wanted', 'changed'], ['wanted', 'retired']] as const
  type Step = 'wanted' | 'changed' | 'retired'

  async function converge(
    it: Bench,
    step: Step,
    apply: (action: ActionBase) => Promise<void> = it.apply,
  ): Promise<void> {
    let last: readonly ActionBase[] = []
    for (let round = 0; round < rounds; round++) {
      const { actions } = await it.look(it.world.subjects[step])
      if (actions.length === 0) return
      const refused = refusalOf(actions)
      if (refused) throw new Terminal(refused.reason, { fix: refused.fix })
      for (const action of actions) await apply(action)
      last = actions
    }
    throw new Error(`does not converge: ${last.map(({ summary }) => summary).join('; ')}`)
  }

  /** As the state machine does: what may pass is tried again after a while. */
  async function eventually(it: Bench, step: Step): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const error: unknown = await converge(it, step).catch((caught: unknown) => caught)
      const settled = error === undefined
      if (!settled && (!isFairwayError(error) || error instanceof Terminal) && !isUnsettled(error)) throw error
      await it.world.settle()
      if (settled && (await it.look(it.world.subjects[step])).actions.length === 0) return
    }
    throw new Error('does not settle')
  }

  async function inventoryAfter(path: readonly Step[]): Promise<readonly string[]> {
    const it = await bench()
    for (const step of path) await converge(it, step)
    return it.world.inventory()
  }

  async function afterAllButLast(path: readonly Step[]): Promise<Bench> {
    const it = await bench()
    for (const step of path.slice(0, -1)) await converge(it, step)
    it.probe.reset()
    return it
  }

  async function callsOfLastStep(path: readonly Step[]): Promise<number> {
    const it = await afterAllButLast(path)
    await converge(it, path.at(-1) ?? 'wanted')
    expect(it.probe.calls.length).toBeGreaterThan(0)
    return it.probe.calls.length
  }
}

/** As many as the flow goes, before it leaves the rest to the state machine. */
const rounds = 4
const attempts = 10

function isUnsettled(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('does not converge')
}

function refusalOf(actions: readonly ActionBase[]): Refusal | undefined {
  return actions.find((action): action is Refusal => action.type === 'refuse')
}
