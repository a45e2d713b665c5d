import type { ClusterRepositoryTarget, ClusterRepositoryWriter } from '../../domain/git.ts'
import type { Clock } from '../../domain/effects.ts'
import type { Failure } from '../../domain/errors.ts'
import type { Change, CommitLimits, Waiters } from '../../domain/handover.ts'
import type { Ref } from '../../domain/store.ts'
import type { Json } from '../../domain/table.ts'
import { serializeTrees } from '../../flow/write/trees.ts'
import { make } from '../../lambdas/write/handler.ts'
import { redirectTelemetry } from '../../lambdas/telemetry.ts'
import { createLocalHandover } from '../../local/handover.ts'
import { invoke } from '../../local/invoke.ts'
import { memoryContents } from '../../store/contents/memory.ts'
import { memoryTable } from '../../store/memory.ts'
import { createStore } from '../../store/store.ts'

export type Answer = { readonly output: Readonly<Record<string, Json>> } | { readonly failure: Failure }

type When = 'before' | 'after'

export interface Submitted {
  readonly files: Readonly<Record<string, string>>
  readonly paths?: readonly string[]
  readonly owner?: string
  readonly fence?: number
  readonly execution?: string
  readonly token?: string
  readonly size?: Partial<Pick<Change, 'files' | 'bytes'>>
}

/**
 * The deployed function `write` behind its queue, everything else in memory. `tap` hears of each call of a port, and
 * may throw in its place.
 */
export function handoverWorld(options: {
  readonly writer: ClusterRepositoryWriter
  readonly target: ClusterRepositoryTarget
  readonly clock: Clock
  readonly limits?: Partial<CommitLimits>
  /** Milliseconds that one call of the function may take. */
  readonly time?: number
}) {
  redirectTelemetry(() => undefined)
  const { clock, target, writer } = options
  const table = memoryTable()
  const store = createStore(table, { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const texts = new Map<string, string>()
  const answers = new Map<string, Answer>()
  const logged: string[] = []
  const control: { tap?: (call: string, when: When) => void | Promise<void>; deaf?: boolean } = {}
  const waiters: Waiters = {
    succeed: async (token, output) => told(token, { output: output as never }),
    fail: async (token, failure) => told(token, { failure }),
  }
  let calls = 0

  function told(token: string, answer: Answer): 'told' | 'gone' {
    if (answers.has(token)) return 'gone'
    answers.set(token, answer)
    return 'told'
  }

  const handover = createLocalHandover({
    table,
    clock,
    contents: memoryContents(texts),
    waiters,
    log: (line) => logged.push(line),
    limits: { gather: 0, ...options.limits },
    async call(event) {
      calls += 1
      await invoke(
        'WriteFunction',
        make(async () => ports()),
        event,
        options.time ?? 120_000,
      )
    },
  })

  function ports() {
    const { changes, contents, queue, limits, bringBack } = handover
    const tapped = <Port extends object>(name: string, port: Port) => tappedPort(name, port, () => control.tap)
    return {
      store: { ...tapped('store', store), leases: tapped('leases', store.leases) },
      changes: tapped('changes', changes),
      contents: tapped('contents', contents),
      queue: tapped('queue', queue),
      waiters: tapped('waiters', waiters),
      writer: tapped('writer', writer),
      clock,
      limits,
      bringBack,
    }
  }

  async function submit(name: string, what: Submitted, ref: Ref = { kind: 'Workload', name }): Promise<Change> {
    const owner = what.owner ?? name
    const paths = what.paths ?? [`manifests/${name}`]
    const content = await handover.contents.put(
      serializeTrees([{ owner, paths, files: new Map(Object.entries(what.files)) }]),
    )
    const execution = what.execution ?? `execution-${name}`
    const change: Change = {
      id: `${execution}/commit/${target.branch}`,
      target,
      ref,
      fence: what.fence ?? (await lease(ref)),
      content,
      files: Object.keys(what.files).length,
      bytes: Object.values(what.files).join('').length,
      ...what.size,
      subject: `${name}: update in dev`,
      trailers: [
        ['Fairway-Resource', name],
        ['Fairway-Reason', 'declared'],
        ['Fairway-Execution', execution],
        ['Fairway-Generation', '1'],
      ],
      token: what.token ?? `token of ${execution}`,
      answer: { ok: true, about: name },
      at: clock.now(),
    }
    await handover.changes.add(change)
    await handover.queue.wake(target, change.id)
    return change
  }

  /** The fence of a lease that is taken, or held already. */
  async function lease(ref: Ref, holder = 'holder'): Promise<number> {
    await store.declare({ ref, spec: { version: 1 }, origin: { source: 'tests' } })
    const taken = await store.leases.acquire(ref, holder)
    if (taken.result !== 'acquired') throw new Error(`the lease of ${ref.name} was ${taken.result}`)
    return taken.fence
  }

  return {
    ...handover,
    store,
    table,
    texts,
    answers,
    logged,
    control,
    lease,
    submit,
    get calls() {
      return calls
    },
    quiet: () => handover.queue.idle(),
    waiting: () => handover.changes.waiting(target, 1000),
    /** Of the change of this name, as `submit` made it. */
    answer: (name: string) => answers.get(`token of execution-${name}`),
  }
}

export type HandoverWorld = ReturnType<typeof handoverWorld>

/** Executions that a log's commits are about, each as often as it is named. */
export function executionsIn(log: readonly { readonly message: string }[]): readonly string[] {
  return log.flatMap(({ message }) => [...message.matchAll(/^Fairway-Execution: (.*)$/gm)].map(([, name = '']) => name))
}

function tappedPort<Port extends object>(
  name: string,
  port: Port,
  tap: () => ((call: string, when: When) => void | Promise<void>) | undefined,
): Port {
  const calls = Object.entries(port).filter(([, call]) => typeof call === 'function')
  const tapped = calls.map(([method, call]: [string, (...given: unknown[]) => Promise<unknown>]) => [
    method,
    async (...given: unknown[]) => {
      await tap()?.(`${name}.${method}`, 'before')
      const result = await call.apply(port, given)
      await tap()?.(`${name}.${method}`, 'after')
      return result
    },
  ])
  return Object.fromEntries(tapped) as Port
}
