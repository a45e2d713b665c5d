import { copied } from './copied.ts'
import { aborted, connectionBroken } from './errors.ts'
import { operationName } from './operations.ts'
import { redacted } from './redact.ts'
import { everything } from './table.ts'
import { apiCall } from './trail.ts'
import { partitionOf } from './world.ts'
import type { CallCounters } from './counters.ts'
import type { Call, Operation, Operations } from './operations.ts'
import type { Session } from './state.ts'
import type { AwsOptions, CallInfo, Fault, Place, Quotas, Service } from './types.ts'
import type { World } from './world.ts'

export interface ServiceDefinition {
  readonly name: Service
  readonly operations: Operations
  readonly throttled: (call: { readonly requestId: string }) => Error
}

export interface Environment {
  readonly options: AwsOptions
  readonly quotas: Quotas
  readonly world: World
  readonly counters: CallCounters
  /** Whose calls these are. `outside`: somebody else's, so not counted, never faulty, always consistent. */
  readonly caller: 'fairway' | 'outside'
  nextRequestId(): string
}

interface SentCommand {
  readonly constructor: { readonly name: string }
  readonly input: object
}

interface SendOptions {
  readonly abortSignal?: AbortSignal
}

export type Send = (
  command: SentCommand,
  options?: SendOptions | (() => void),
  callback?: () => void,
) => Promise<object>

/** `send`, as an SDK client has it, promises only. */
export function createSend(definition: ServiceDefinition, place: Place, environment: Environment): Send {
  return async (command, options, callback) => {
    if (typeof options === 'function' || callback) throw new TypeError('the simulated AWS has no callbacks: use await')
    const operation = operationOf(definition, command)
    const input: object = copied(command.input)
    const call: CallInfo = {
      service: definition.name,
      operation: operation.name,
      access: operation.access,
      ...place,
      input: redacted(input),
    }
    if (environment.caller === 'outside') {
      const answer = await perform({ operation, input, call, environment })
      const event = operation.access === 'write' ? apiCall(call, answer) : undefined
      if (event) environment.options.onOutside?.(event)
      return answer
    }
    return observe(definition, { operation, input, call, environment }, options?.abortSignal)
  }
}

interface Sent {
  readonly operation: Operation
  readonly input: object
  readonly call: CallInfo
  readonly environment: Environment
}

/** Counts, lets faults happen, and tells what became of the call. */
async function observe(definition: ServiceDefinition, sent: Sent, signal: AbortSignal | undefined): Promise<object> {
  const { options, counters } = sent.environment
  counters.add(sent.call.service, sent.call.access)
  const fault = options.faults?.(sent.call)
  const record = { ...sent.call, at: options.clock.now(), ...(fault ? { fault: fault.kind } : {}) }
  try {
    const answer = await withFault(definition, sent, fault, signal)
    options.onCall?.({ ...record, outcome: 'ok' })
    return answer
  } catch (error) {
    options.onCall?.({ ...record, outcome: error instanceof Error ? error.name : 'unknown' })
    throw error
  }
}

async function withFault(
  definition: ServiceDefinition,
  sent: Sent,
  fault: Fault | undefined,
  signal: AbortSignal | undefined,
): Promise<object> {
  if (signal?.aborted) throw aborted()
  if (fault?.kind === 'error-before') throw fault.error
  // As lambdas/runtime/clients.ts has the SDK's clients say which service it was.
  if (fault?.kind === 'throttle') {
    const error = definition.throttled({ requestId: sent.environment.nextRequestId() })
    throw Object.assign(error, { $service: definition.name })
  }
  if (fault?.kind === 'delay') await sent.environment.options.clock.sleep(fault.ms)
  if (signal?.aborted) throw aborted()
  const answer = await perform(sent, fault)
  if (fault?.kind === 'lost-answer') throw connectionBroken()
  return answer
}

async function perform(sent: Sent, fault?: Fault): Promise<object> {
  const { call, environment, operation } = sent
  const { options, world } = environment
  const reads = operation.access === 'read' && environment.caller === 'fairway'
  const visible = reads ? world.visible(call.service, call.operation, call, fault) : everything
  const session = world.state[call.service].session(partitionOf(call.service, call), visible)
  const requestId = environment.nextRequestId()
  const answer = operation.run(sent.input, callFor(sent, session, requestId, fault))
  if (operation.access === 'write') {
    session.commit(options.clock.now())
    await world.save(call.service)
  }
  return { ...copied(answer), $metadata: { httpStatusCode: 200, requestId, attempts: 1, totalRetryDelay: 0 } }
}

function callFor(sent: Sent, session: Session, requestId: string, fault: Fault | undefined): Call {
  const { call, environment } = sent
  const { options, world } = environment
  return {
    service: call.service,
    operation: call.operation,
    account: call.account,
    region: call.region,
    requestId,
    now: options.clock.now(),
    random: options.random,
    quotas: environment.quotas,
    ...(fault?.kind === 'partial-page' ? { partialPage: fault.items ?? 'half' } : {}),
    table: (kind) => session.table(kind),
    look: (service, account, kind) => {
      const place = { account, region: call.region }
      // EKS and STS look at roles with the caller's iam:GetRole, so they lag as GetRole does.
      const visible = environment.caller === 'outside' ? everything : world.visible(service, 'GetRole', place)
      return world.state[service].session(partitionOf(service, place), visible).table(kind)
    },
    index: <T>(service: Service, kind: string) => {
      const known =
        environment.caller === 'outside'
          ? everything
          : world.visible(call.service, call.operation, call, fault, service)
      return world.state[service].session(partitionOf(service, call), known).table<T>(kind)
    },
  }
}

function operationOf(definition: ServiceDefinition, command: SentCommand): Operation {
  const operation = definition.operations.get(command.constructor)
  if (operation) return operation
  throw new Error(
    `the simulated AWS has no ${definition.name}:${operationName(command.constructor.name)} ` +
      `(${command.constructor.name}); add it to local/aws/${definition.name}/`,
  )
}
