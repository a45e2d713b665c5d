import { readdirSync, readFileSync } from 'node:fs'

/** The deployed files, for tests that look at them as data. */

export interface State {
  readonly Type: string
  readonly [field: string]: unknown
}

export interface Definition {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
  readonly [field: string]: unknown
}

export interface Placed {
  readonly name: string
  readonly state: State
  readonly within: Definition
  /** Inside a Parallel branch or a Map item. */
  readonly nested: boolean
}

const directory = new URL('../../stepfunctions/', import.meta.url)

export const definitions: readonly (readonly [string, Definition])[] = readdirSync(directory)
  .filter((name) => name.endsWith('.asl.json'))
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, directory), 'utf8')) as Definition])

/** Every state of a definition, at whatever depth. */
export function statesOf(definition: Definition, nested = false): readonly Placed[] {
  return Object.entries(definition.States).flatMap(([name, state]) => {
    const inner = [...((state['Branches'] as Definition[] | undefined) ?? []), ...[state['ItemProcessor'] ?? []].flat()]
    return [{ name, state, within: definition, nested }, ...inner.flatMap((one) => statesOf(one as Definition, true))]
  })
}

/** Names of the states that may follow. */
export function nextOf(state: State): readonly string[] {
  const choices = (state['Choices'] as { Next: string }[] | undefined) ?? []
  const catchers = (state['Catch'] as { Next: string }[] | undefined) ?? []
  return [
    state['Next'],
    state['Default'],
    ...choices.map(({ Next }) => Next),
    ...catchers.map(({ Next }) => Next),
  ].filter((name): name is string => typeof name === 'string')
}

/** Every text in a value, with the keys that lead to it. */
export function textsOf(
  value: unknown,
  path: readonly string[] = [],
): readonly (readonly [readonly string[], string])[] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => textsOf(member, [...path, key]))
}
