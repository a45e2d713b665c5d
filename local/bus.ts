import { eventSource, type ApiCall, type EcrImageAction, type EventBus, type FairwayEvent } from '../domain/events.ts'
import {
  callFor,
  callRules,
  inputFor,
  matches,
  rules,
  type BusEvent,
  type ExecutionInput,
  type MachineName,
} from '../infra/rules.ts'

export interface LocalBus extends EventBus {
  /** Events of other sources, as AWS services put them on the default bus. */
  put(event: EcrImageAction | ApiCall): void
}

/** The bus and its rules in this process: every match starts an execution or a call, as EventBridge's targets do. */
export function createBus(options: {
  readonly start: (machine: MachineName, input: ExecutionInput, name: string) => void
  /** `name` as in the ASL files: `SweepFunction`. */
  readonly call: (name: string, payload: unknown) => void
  readonly id: () => string
  readonly onEvent?: (event: BusEvent) => void
}): LocalBus {
  function deliver(event: BusEvent): void {
    options.onEvent?.(event)
    for (const rule of rules.filter((candidate) => matches(candidate, event))) {
      options.start(rule.machine, inputFor(rule, event), options.id())
    }
    for (const rule of callRules.filter((candidate) => matches(candidate, event))) {
      options.call(rule.function, callFor(rule, event))
    }
  }
  return {
    publish(events: readonly FairwayEvent[]) {
      // After the caller is done, as a real bus delivers: a stage never runs inside the one that announced it.
      for (const { type, detail } of events) {
        setImmediate(() => deliver({ source: eventSource, 'detail-type': type, detail }))
      }
      return Promise.resolve()
    },
    put(event) {
      setImmediate(() => deliver(event as BusEvent))
    },
  }
}
