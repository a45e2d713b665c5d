import { closest, distance } from 'fastest-levenshtein'

/** What the shipped actions ask for; `examples/portal/port/*.action.json` has the same names, and a test compares them. */

export const declareAction = 'fairway_declare_workload'
export const retireAction = 'fairway_retire_workload'
export const rotateAction = 'fairway_rotate_credentials'

export const retireInputs = ['workload'] as const

/** The last three may be left empty: all that Fairway makes, everywhere, with overlap. */
export const rotateInputs = ['workload', 'cluster', 'entry', 'now'] as const

/** With what each one becomes in the manifest. `spec` is the whole of it, and excludes those after `system`. */
export const declareInputs = [
  /** metadata.name */
  'name',
  /** metadata.system; an entity of the blueprint fairway_system. */
  'system',
  /** spec.type */
  'type',
  /** spec.environments: names, without overrides. */
  'environments',
  /** The container port; the Service listens on 80. */
  'port',
  /** Readiness and liveness: HTTP GET of this path on `port`. */
  'healthPath',
  /** spec.image.track */
  'track',
  /** spec.scaling.min and max. */
  'minReplicas',
  'maxReplicas',
  /** spec.schedule.cron */
  'schedule',
  /** Environment variables of the container `main`, by name. */
  'variables',
  /** spec.nats */
  'natsPublish',
  'natsSubscribe',
  'natsRequest',
  'natsReply',
  /** spec.aws.statements, in YAML. */
  'aws',
  /** spec.secrets, in YAML. */
  'secrets',
  /** spec, in YAML. */
  'spec',
] as const
export type DeclareInput = (typeof declareInputs)[number]

export interface InputProblem {
  readonly input: string
  readonly message: string
}

/** Reads inputs one by one, collecting what is wrong with each. An empty field is one that was not filled in. */
export function inputReader<Name extends string>(
  inputs: Readonly<Record<string, unknown>>,
  known: readonly Name[],
): InputReader<Name> {
  const problems: InputProblem[] = Object.keys(inputs)
    .filter((name) => !(known as readonly string[]).includes(name))
    .map((name) => ({ input: name, message: `there is no such input${suggestion(name, known)}` }))
  const take = <Value>(name: Name, is: (value: unknown) => value is Value, wanted: string): Value | undefined => {
    const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined
    if (isEmpty(value)) return undefined
    if (is(value)) return value
    problems.push({ input: name, message: `must be ${wanted}` })
    return undefined
  }
  return {
    problems,
    text: (name) => take(name, isText, 'text in one line'),
    flag: (name) => take(name, isFlag, 'true or false'),
    whole: (name) => take(name, isWhole, 'a whole number'),
    list: (name) => take(name, isList, 'a list of text')?.filter((item) => item !== ''),
    texts: (name) => take(name, isTexts, 'names with text, for example {"LOG_LEVEL": "info"}'),
    yaml: (name) => take(name, isYaml, 'YAML'),
    given: (name) => Object.hasOwn(inputs, name) && !isEmpty(inputs[name]),
    refuse: (input, message) => void problems.push({ input, message }),
  }
}

export interface InputReader<Name extends string> {
  readonly problems: readonly InputProblem[]
  text(name: Name): string | undefined
  flag(name: Name): boolean | undefined
  whole(name: Name): number | undefined
  list(name: Name): readonly string[] | undefined
  texts(name: Name): Readonly<Record<string, string>> | undefined
  /** Text, or data where the portal's field holds JSON. */
  yaml(name: Name): unknown
  given(name: Name): boolean
  refuse(input: Name, message: string): void
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  return typeof value === 'object' && Object.keys(value).length === 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Cc}/u.test(value)
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === 'string')
  )
}

function isYaml(value: unknown): value is string | object {
  return typeof value === 'string' || typeof value === 'object'
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = closest(name, known)
  return distance(name, nearest) <= 2 ? `; did you mean "${nearest}"?` : ''
}
