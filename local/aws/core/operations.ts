import type { Random } from '../../../domain/effects.ts'
import type { Records } from './state.ts'
import type { Access, Place, Quotas, Service } from './types.ts'

/** What an operation is given besides its input. */
export interface Call extends Place {
  readonly service: Service
  readonly operation: string
  readonly requestId: string
  /** Epoch milliseconds. */
  readonly now: number
  readonly random: Random
  readonly quotas: Quotas
  /** The most items a list may answer with, because of a fault. */
  readonly partialPage?: number | 'half'
  /** This service's records in this account (and region, where the service has regions). */
  table<T>(kind: string): Records<T>
  /** Another service's records in the same account, as that service would show them now. */
  look<T>(service: Service, account: string, kind: string): Pick<Records<T>, 'get'>
  /** Another service's records in the same place, as far as this call's own service has heard of them. */
  index<T>(service: Service, kind: string): Pick<Records<T>, 'all'>
}

export interface Operation {
  readonly name: string
  readonly access: Access
  run(input: object, call: Call): object
}

/** By the command's class, so that a renamed or minified class still finds its operation. */
export type Operations = ReadonlyMap<unknown, Operation>

/** The part of an SDK command's class that tells what goes in and what comes out. */
export interface CommandClass<Input extends object, Output extends object> {
  readonly name: string
  new (...args: never[]): {
    readonly input: Input
    resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: Output }>
  }
}

/** The answer without what the SDK adds to it. */
export type Answer<Output> = Omit<Output, '$metadata'>

type Run<Input, Output> = (input: Input, call: Call) => Answer<Output>

export function read<Input extends object, Output extends object>(
  command: CommandClass<Input, Output>,
  run: Run<Input, Output>,
): [unknown, Operation] {
  return entry(command, 'read', run)
}

export function write<Input extends object, Output extends object>(
  command: CommandClass<Input, Output>,
  run: Run<Input, Output>,
): [unknown, Operation] {
  return entry(command, 'write', run)
}

export function operationName(commandName: string): string {
  return commandName.replace(/Command$/, '')
}

function entry<Input extends object, Output extends object>(
  command: CommandClass<Input, Output>,
  access: Access,
  run: Run<Input, Output>,
): [unknown, Operation] {
  // The map hands each operation only the inputs of its own command's class.
  return [command, { name: operationName(command.name), access, run: (input, call) => run(input as Input, call) }]
}
