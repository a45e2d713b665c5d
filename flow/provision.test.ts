import { describe, expect, it } from 'vitest'
import type { ActionBase, Provisioner, Refusal, RotationStep } from '../domain/capability.ts'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import { provision } from './provision.ts'

/** A thing with a size, made by one action and resized by another. */
interface World {
  size: number | undefined
  writes: string[]
}
type Action = ActionBase & { readonly size: number }

function thing(
  plan?: (wanted: number, seen: World) => (Action | Refusal)[],
): Provisioner<number, number, World, Action, object, World> {
  return {
    name: 'thing',
    per: 'workload',
    desired: (subject) => subject,
    observe: (_, world) => Promise.resolve({ ...world }),
    plan: (wanted, seen) => {
      if (plan) return plan(wanted, seen)
      if (seen.size === undefined) return [{ type: 'create', summary: 'create', size: 1 }]
      return seen.size === wanted ? [] : [{ type: 'resize', summary: `resize to ${wanted}`, size: wanted }]
    },
    apply: (action, world) => {
      world.writes.push(action.summary)
      world.size = action.size
      return Promise.resolve()
    },
    outputs: (wanted) => ({ wanted }),
    waiting: () => [],
    due: () => 5,
  }
}

function run(world: World, provisioner = thing(), wanted = 3, through?: RotationStep) {
  const memory = { claims: {}, credentials: {} }
  return provision(provisioner, {
    subject: wanted,
    first: memory,
    memory: () => Promise.resolve(memory),
    ledger: {} as never,
    remote: world,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    ...(through === undefined ? {} : { through }),
  })
}

describe('provisioning', () => {
  it('P1: applies nothing when the plan is empty, and says unchanged', async () => {
    const world: World = { size: 3, writes: [] }
    expect(await run(world)).toEqual({
      capability: 'thing',
      ok: true,
      result: 'unchanged',
      applied: [],
      output: { wanted: 3 },
      waiting: [],
      due: 5,
    })
    expect(world.writes).toEqual([])
  })

  it('observes again after applying, and goes on until there is nothing to do', async () => {
    const world: World = { size: undefined, writes: [] }
    expect(await run(world)).toMatchObject({ ok: true, result: 'updated', applied: ['create', 'resize to 3'] })
    expect(world.writes).toEqual(['create', 'resize to 3'])
  })

  it('P5: a plan with a refusal is not carried out at all, and says what to do', async () => {
    const refuse = { type: 'refuse', summary: 'no', reason: 'it is not ours', fix: 'adopt it' } as const
    const world: World = { size: 1, writes: [] }
    const outcome = await run(
      world,
      thing(() => [{ type: 'resize', summary: 'resize', size: 9 }, refuse]),
    )
    expect(outcome).toMatchObject({
      ok: false,
      failure: { type: 'Terminal', message: 'it is not ours', fix: 'adopt it' },
    })
    expect(world.writes).toEqual([])
  })

  it('what stays invisible after it was applied is RetryLater, not success and not an endless loop', async () => {
    const world: World = { size: 1, writes: [] }
    await expect(
      run(
        world,
        thing(() => [{ type: 'resize', summary: 'resize', size: 9 }]),
      ),
    ).rejects.toBeInstanceOf(RetryLater)
    expect(world.writes).toHaveLength(4)
  })

  it.each([
    ['issue', ['issue']],
    ['verify', ['issue', 'verify']],
    ['promote', ['issue', 'verify', 'promote']],
  ] as const)('through %s goes no further, connects once, and says that steps are left', async (through, writes) => {
    const world: World = { size: 0, writes: [] }
    // Connecting leaves nothing behind: the plan has it until the last step is taken.
    const steps = ['issue', 'verify', 'promote', 'prune'] as const
    const rotating = thing((_, seen) => {
      const left = steps.slice(seen.writes.includes('promote') ? 3 : seen.writes.includes('issue') ? 1 : 0)
      return left.map((step) => ({ type: step, step, summary: step, size: 0 }))
    })
    expect(await run(world, rotating, 3, through)).toMatchObject({ ok: true, pending: true })
    expect(world.writes).toEqual(writes)
  })

  it('Terminal comes back as data; what may pass is thrown, for the machine to retry', async () => {
    const failing = (error: Error) =>
      thing(() => {
        throw error
      })
    expect(await run({ size: 1, writes: [] }, failing(new Terminal('denied')))).toMatchObject({
      ok: false,
      failure: { message: 'denied' },
    })
    await expect(run({ size: 1, writes: [] }, failing(new RetryLater('throttled')))).rejects.toThrow('throttled')
    await expect(run({ size: 1, writes: [] }, failing(new Conflict('old')))).rejects.toThrow('old')
  })
})
