import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { StateMachine } from 'aws-local-stepfunctions'
import { systemClock } from '../domain/effects.ts'
import { machineNames, type MachineName } from '../infra/rules.ts'
import { createTaskTokens, type TaskTokens } from './tasktokens.ts'

/** A function as a state machine calls it: payload in, JSON out. Keys are the placeholders of the ASL files. */
export type Functions = Readonly<Record<string, (payload: Json) => Promise<unknown>>>

type Json = Parameters<InstanceType<typeof StateMachine>['run']>[0]

export interface Execution {
  readonly name: string
  readonly machine: MachineName
  readonly result: Promise<
    { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: Error }
  >
}

export interface StateMachines {
  start(machine: MachineName, input: object, name: string): Execution
  /** Stops starting, aborts what runs between two states, and waits for functions under way. */
  stop(): Promise<void>
  readonly running: number
}

export interface StateMachineOptions {
  readonly functions: Functions
  /** Executions at a time; the rest waits in order. */
  readonly concurrency: number
  /** Where those that end waiting tasks have it from; of these machines alone. */
  readonly tokens?: TaskTokens
  /** Milliseconds between tries instead of the files’ own; for worlds whose clock does not move by itself. */
  readonly retryPause?: number
  /** Told what a task that waited with a token was answered. */
  readonly onAnswer?: (answered: {
    /** Placeholder of the ASL files. */
    readonly function: string
    readonly input: Readonly<Record<string, unknown>>
    readonly output: Readonly<Record<string, unknown>>
  }) => void
  readonly onEvent?: (event: {
    readonly execution: string
    readonly machine: MachineName
    readonly state: string
    readonly what: 'entered' | 'failed' | 'retried'
  }) => void
}

interface State {
  readonly Type: string
  readonly TimeoutSeconds?: number
  readonly Resource?: string
  readonly Parameters?: { readonly FunctionName?: string }
  readonly Branches?: readonly Definition[]
  readonly ItemProcessor?: Definition
}
interface Definition {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

/** Runs the very ASL files that are deployed, on functions of this process. */
export function createStateMachines(options: StateMachineOptions): StateMachines {
  const tokens = options.tokens ?? createTaskTokens({ clock: systemClock })
  // The interpreter resolves the path before it says of which attempt; a token takes this text's place.
  const tokenHere = randomUUID()
  const definitions = new Map(machineNames.map((name) => [name, readDefinition(name)]))
  const abort = new Set<() => void>()
  const waiting: (() => void)[] = []
  const underway = new Set<Promise<unknown>>()
  let running = 0
  let stopped = false

  async function turn(): Promise<void> {
    if (running < options.concurrency) {
      running += 1
      return
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function done(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  async function run(machine: MachineName, input: object, name: string): Promise<unknown> {
    await turn()
    try {
      if (stopped) throw new Error('the control plane is stopping')
      return await interpret(machine, input, name)
    } finally {
      done()
    }
  }

  async function interpret(machine: MachineName, input: object, name: string): Promise<unknown> {
    const definition = definitions.get(machine) as Definition
    const waits = new Set<() => void>()
    // Tests validate the files; doing it for each execution costs far more than running it.
    const machineHere = new StateMachine(definition as never, { validationOptions: { noValidate: true } })
    const execution = machineHere.run(input as Json, {
      overrides: { taskResourceLocalHandlers: handlersFor(definition, waits), ...pauses(definition) },
      context: { Execution: { Id: `${machine}:${name}`, Name: name }, Task: { Token: tokenHere } },
    })
    abort.add(execution.abort)
    void observe(execution.eventLogs, machine, name)
    try {
      return await execution.result
    } finally {
      abort.delete(execution.abort)
      // With its execution a token ends, whatever still waits with it.
      for (const drop of waits) drop()
    }
  }

  function pauses(definition: Definition): { retryIntervalOverrides?: Record<string, number> } {
    const { retryPause } = options
    if (retryPause === undefined) return {}
    return { retryIntervalOverrides: Object.fromEntries([...tasks(definition)].map(([name]) => [name, retryPause])) }
  }

  function handlersFor(definition: Definition, waits: Set<() => void>): Record<string, (input: Json) => Promise<Json>> {
    const handlers: Record<string, (input: Json) => Promise<Json>> = {}
    for (const [state, { Resource, Parameters, TimeoutSeconds }] of tasks(definition)) {
      const called = Parameters?.FunctionName ?? ''
      handlers[state] = Resource?.endsWith('.waitForTaskToken')
        ? (input) => invokeAndWait(called, input as unknown as { Payload: Json }, TimeoutSeconds, waits)
        : (input) => invoke(called, input as unknown as { Payload: Json })
    }
    return handlers
  }

  /** The task ends with what its token is told, or with the call's own failure; what the call answers is nothing to it. */
  async function invokeAndWait(
    placeholder: string,
    { Payload }: { Payload: Json },
    seconds: number | undefined,
    waits: Set<() => void>,
  ): Promise<Json> {
    const { token, over, drop } = tokens.wait((seconds ?? 60) * 1000)
    waits.add(drop)
    const failed = new Promise<never>((_, reject) => {
      invoke(placeholder, { Payload: withToken(Payload, token) }).catch(reject)
    })
    try {
      const output = (await Promise.race([over, failed])) as Record<string, Json>
      options.onAnswer?.({ function: nameOf(placeholder), input: Payload as Record<string, Json>, output })
      return output
    } finally {
      drop()
      waits.delete(drop)
    }
  }

  function withToken(payload: Json, token: string): Json {
    return JSON.parse(JSON.stringify(payload).replaceAll(tokenHere, token)) as Json
  }

  /** The envelope of `lambda:invoke`: what crosses is JSON, as in AWS. */
  async function invoke(placeholder: string, input: { Payload: Json }): Promise<Json> {
    const target = options.functions[nameOf(placeholder)]
    if (target === undefined) throw new Error(`no function for ${placeholder}`)
    const call = target(structuredClone(input.Payload))
    underway.add(call)
    try {
      return { StatusCode: 200, Payload: JSON.parse(JSON.stringify((await call) ?? null)) as Json }
    } finally {
      underway.delete(call)
    }
  }

  async function observe(
    events: AsyncGenerator<{ type: string; state?: { name: string } }>,
    machine: MachineName,
    name: string,
  ): Promise<void> {
    const kinds: Record<string, 'entered' | 'failed' | 'retried'> = {
      StateEntered: 'entered',
      StateFailed: 'failed',
      StateRetried: 'retried',
    }
    for await (const event of events) {
      const what = kinds[event.type]
      if (what && event.state) options.onEvent?.({ execution: name, machine, state: event.state.name, what })
    }
  }

  return {
    start(machine, input, name) {
      const result = run(machine, structuredClone(input), name).then(
        (output) => ({ ok: true as const, output }),
        (error: unknown) => ({ ok: false as const, error: error instanceof Error ? error : new Error(String(error)) }),
      )
      return { name, machine, result }
    },
    async stop() {
      stopped = true
      for (const one of abort) one()
      await Promise.allSettled(underway)
    },
    get running() {
      return running + waiting.length
    },
  }
}

function readDefinition(name: MachineName): Definition {
  return JSON.parse(readFileSync(new URL(`../stepfunctions/${name}.asl.json`, import.meta.url), 'utf8')) as Definition
}

function nameOf(placeholder: string): string {
  return placeholder.replace(/^\$\{(\w+)\}$/, '$1')
}

/** Every Task of a definition, at whatever depth; state names are unique in a file. */
function* tasks(definition: Definition): Generator<[string, State]> {
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type === 'Task') yield [name, state]
    for (const branch of state.Branches ?? []) yield* tasks(branch)
    if (state.ItemProcessor) yield* tasks(state.ItemProcessor)
  }
}
