import { apiVersion } from '../../domain/resources.ts'
import type { FormRequest, PortalRun } from '../../domain/portal.ts'
import type { Problem } from '../../domain/records.ts'
import {
  declareAction,
  declareInputs,
  inputReader,
  retireAction,
  retireInputs,
  rotateAction,
  rotateInputs,
  type DeclareInput,
  type InputProblem,
  type InputReader,
} from './inputs.ts'
import { manifestText, type Part } from './text.ts'

/** Pure. The run of one of the shipped actions, read back from Port. */
export function readForm(run: PortalRun): FormRequest {
  if (run.action === declareAction) return declare(run)
  if (run.action === retireAction) return retire(run)
  if (run.action === rotateAction) return rotate(run)
  const known = `${declareAction}, ${retireAction} or ${rotateAction}`
  const message = `the action "${run.action}" is none of Fairway's; use ${known}`
  return { operation: 'refused', problems: [at(run, message)] }
}

function declare(run: PortalRun): FormRequest {
  const inputs = inputReader(run.inputs, declareInputs)
  const metadata = { name: required(inputs, 'name'), system: required(inputs, 'system') }
  const whole = inputs.yaml('spec')
  const parts = whole === undefined ? partsOf(inputs) : wholeSpec(inputs, whole)
  if (inputs.problems.length > 0) return refused(run, inputs.problems)
  const head: Part[] = [
    { lines: [`apiVersion: ${apiVersion}`, 'kind: Workload', 'metadata:'] },
    { input: 'name', path: ['name'], indent: 1, value: metadata.name },
    { input: 'system', path: ['system'], indent: 1, value: metadata.system },
  ]
  return { operation: 'declare', ...manifestText([...head, ...parts]) }
}

function retire(run: PortalRun): FormRequest {
  const inputs = inputReader(run.inputs, retireInputs)
  const workload = workloadIn(inputs)
  if (inputs.problems.length > 0 || workload === undefined) return refused(run, inputs.problems)
  return { operation: 'retire', workload }
}

function rotate(run: PortalRun): FormRequest {
  const inputs = inputReader(run.inputs, rotateInputs)
  const workload = workloadIn(inputs)
  const [cluster, entry, now] = [inputs.text('cluster'), inputs.text('entry'), inputs.flag('now')]
  if (inputs.problems.length > 0 || workload === undefined) return refused(run, inputs.problems)
  return {
    operation: 'rotate',
    workload,
    ...(cluster === undefined ? {} : { cluster }),
    ...(entry === undefined ? {} : { entry }),
    ...(now === undefined ? {} : { now }),
  }
}

function workloadIn(inputs: InputReader<'workload'>): string | undefined {
  const workload = required(inputs, 'workload')
  if (workload !== undefined && !/^[a-z][-a-z0-9]*\/[a-z][-a-z0-9]*$/.test(workload)) {
    inputs.refuse('workload', 'must be system/workload, for example policy-admin/quotes')
  }
  return workload
}

/** `spec` says everything: another input beside it would have to win or lose silently. */
function wholeSpec(inputs: InputReader<DeclareInput>, spec: unknown): Part[] {
  for (const other of declareInputs.filter((name) => !['name', 'system', 'spec'].includes(name))) {
    if (inputs.given(other)) inputs.refuse(other, 'is given in `spec` as well; leave one of them empty')
  }
  return [{ input: 'spec', path: ['spec'], indent: 0, value: spec, yaml: true }]
}

function partsOf(inputs: InputReader<DeclareInput>): Part[] {
  const type = required(inputs, 'type')
  const environments = inputs.list('environments')
  if (environments === undefined) inputs.refuse('environments', 'must name at least one environment')
  const port = inputs.whole('port')
  const health = inputs.text('healthPath')
  if (health !== undefined && port === undefined) inputs.refuse('healthPath', 'needs `port`, which it is asked on')
  const probe = { httpGet: { path: health, port } }
  const spec = (input: DeclareInput, path: readonly string[], value: unknown): Part => ({
    input,
    path,
    indent: path.length === 1 ? 1 : 2,
    value,
  })
  const nats = (input: DeclareInput, key: string) => spec(input, ['nats', key], inputs.list(input))
  const named = (names: readonly string[] | undefined) => names && Object.fromEntries(names.map((name) => [name, {}]))
  return [
    { lines: ['spec:'] },
    spec('type', ['type'], type),
    spec('environments', ['environments'], named(environments)),
    { lines: ['  containers:', '    main:', '      image: "."'] },
    { input: 'variables', path: ['variables'], indent: 3, value: inputs.texts('variables') },
    { input: 'healthPath', path: ['readinessProbe'], indent: 3, value: health && probe },
    { input: 'healthPath', path: ['livenessProbe'], indent: 3, value: health && probe },
    spec('port', ['service'], port && { ports: { http: { port: 80, targetPort: port } } }),
    spec('track', ['image', 'track'], inputs.text('track')),
    spec('minReplicas', ['scaling', 'min'], inputs.whole('minReplicas')),
    spec('maxReplicas', ['scaling', 'max'], inputs.whole('maxReplicas')),
    spec('schedule', ['schedule', 'cron'], inputs.text('schedule')),
    nats('natsPublish', 'publish'),
    nats('natsSubscribe', 'subscribe'),
    nats('natsRequest', 'request'),
    nats('natsReply', 'reply'),
    { input: 'aws', path: ['aws', 'statements'], indent: 2, value: inputs.yaml('aws'), yaml: true },
    { input: 'secrets', path: ['secrets'], indent: 1, value: inputs.yaml('secrets'), yaml: true },
  ]
}

function required<Name extends string>(inputs: InputReader<Name>, name: Name): string | undefined {
  const before = inputs.problems.length
  const value = inputs.text(name)
  if (value === undefined && inputs.problems.length === before) inputs.refuse(name, 'must be given')
  return value
}

function refused(run: PortalRun, problems: readonly InputProblem[]): FormRequest {
  return {
    operation: 'refused',
    problems: problems.map(({ input, message }) => at(run, `input "${input}": ${message}`)),
  }
}

function at(run: PortalRun, message: string): Problem {
  return { file: `port:${run.id}`, line: 1, column: 1, message }
}
