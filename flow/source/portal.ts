import { Terminal } from '../../domain/errors.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { FormRequest, PortalRun } from '../../domain/portal.ts'
import type { Problem, SourceRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { parseWorkloadId } from '../../domain/names.ts'
import { existing } from '../operations/existing.ts'
import { pausedNote } from '../operations/mode.ts'
import type { RotateRequest } from '../operations/model.ts'
import { rotate } from '../operations/rotate.ts'
import { countAdmitted } from '../quotas/check.ts'
import { workloadRef } from '../world.ts'
import { admit } from './admit.ts'
import type { ReadingPorts, ReadResult } from './ports.ts'

/**
 * Looks at every run that was verified and not yet answered; a run is read back by id, and the team is what the
 * portal says of its initiator, never what the form says.
 */
export async function readPortal(ports: ReadingPorts, record: SourceRecord): Promise<ReadResult> {
  const pending = await ports.store.requests.pending(record.name)
  const total = { created: 0, updated: 0, unchanged: 0, removed: 0, braked: 0, problems: 0 }
  for (const id of pending) {
    const part = await readRun(ports, record, id)
    for (const key of Object.keys(part) as (keyof typeof total)[]) total[key] += part[key] ?? 0
  }
  const changed = total.created + total.updated + total.removed > 0
  return {
    result: total.problems > 0 ? 'problems' : changed ? 'admitted' : 'unchanged',
    ...total,
    due: null,
    check: null,
  }
}

type Counts = Partial<Omit<ReadResult, 'result' | 'due' | 'check'>>

async function readRun(ports: ReadingPorts, record: SourceRecord, id: string): Promise<Counts> {
  const run = await ports.portal.readRun(id)
  if (run === undefined || run.finished) {
    await ports.store.requests.close(record.name, id)
    return {}
  }
  const request = ports.form(run)
  if (request.operation === 'refused') return refuse(ports, record, run, request.problems)
  if (request.operation === 'declare') return declareRun(ports, record, run, request)
  if (request.operation === 'rotate') return rotateRun(ports, record, run, request)
  return retireRun(ports, record, run, request.workload)
}

async function declareRun(
  ports: ReadingPorts,
  record: SourceRecord,
  run: PortalRun,
  request: Extract<FormRequest, { operation: 'declare' }>,
): Promise<Counts> {
  const { resources, problems, takes } = await ports.validate(
    [{ path: formFile(run), text: request.text }],
    record.name,
  )
  const denied = await Promise.all(resources.map((resource) => teamProblem(ports, run, resource)))
  const all = [...problems, ...denied.flat()].map((problem) => inForm(problem, request))
  if (all.length > 0) return refuse(ports, record, run, all)
  const admitted = await admit(ports.store, record.name, run.id, resources, { run: run.id })
  const refused = admitted.flatMap(({ problem }) => problem ?? [])
  if (refused.length > 0) return refuse(ports, record, run, refused)
  const events = admitted.map(({ resource }): FairwayEvent => ({
    type: 'WorkloadChanged',
    detail: { workload: resource.name, reason: `form ${run.id}` },
  }))
  await Promise.all([ports.bus.publish(events), countAdmitted(ports.fleet, admitted, takes)])
  await ports.store.requests.close(record.name, run.id)
  const count = (...results: string[]) => admitted.filter(({ result }) => results.includes(result)).length
  return { created: count('created', 'revived'), updated: count('updated'), unchanged: count('unchanged') }
}

/** P8 for forms: the initiator must be in a team that the System lists; the Source is checked by validation. */
async function teamProblem(
  ports: ReadingPorts,
  run: PortalRun,
  at: { readonly name: string; readonly file: string; readonly line: number },
): Promise<Problem[]> {
  const { system } = parseWorkloadId(at.name)
  const spec = (await ports.store.get({ kind: 'System', name: system }))?.spec as SystemSpec | undefined
  if (spec?.teams.some((team) => run.teams.includes(team))) return []
  const who = `${run.initiator} is in ${run.teams.length === 0 ? 'no team' : run.teams.join(', ')}`
  return [
    {
      file: at.file,
      line: at.line,
      column: 1,
      resource: `Workload ${at.name}`,
      message: `${who}, and System ${system} is open to none of these; ask its owners to add the team to spec.teams`,
    },
  ]
}

async function retireRun(ports: ReadingPorts, record: SourceRecord, run: PortalRun, name: string): Promise<Counts> {
  const problems = await notTheirs(ports, run, name)
  if (problems.length > 0) return refuse(ports, record, run, problems)
  await ports.store.retire(workloadRef(name), { who: whoOf(run), what: 'retire' })
  await ports.bus.publish([{ type: 'WorkloadRemoved', detail: { workload: name, reason: `form ${run.id}` } }])
  const log = [`${name} is being retired${await noteFor(ports, name)}`]
  await ports.portal.answer(run.id, { outcome: 'SUCCESS', label: 'Retiring', log })
  await ports.store.requests.close(record.name, run.id)
  return { removed: 1 }
}

async function rotateRun(
  ports: ReadingPorts,
  record: SourceRecord,
  run: PortalRun,
  request: Extract<FormRequest, { operation: 'rotate' }>,
): Promise<Counts> {
  const problems = await notTheirs(ports, run, request.workload)
  if (problems.length > 0) return refuse(ports, record, run, problems)
  try {
    const message = await rotateOnce(ports, run, request)
    const log = [`${message}${await noteFor(ports, request.workload)}`]
    await ports.portal.answer(run.id, { outcome: 'SUCCESS', label: 'Rotating', log })
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    const message = error.fix === undefined ? error.message : `${error.message}; ${error.fix}`
    return refuse(ports, record, run, [{ ...placeOf(run), resource: `Workload ${request.workload}`, message }])
  }
  await ports.store.requests.close(record.name, run.id)
  return { updated: 1 }
}

/** A run that was carried out, and whose answer was lost, rotates nothing again. */
async function rotateOnce(
  ports: ReadingPorts,
  run: PortalRun,
  request: RotateRequest & { readonly workload: string },
): Promise<string> {
  const { name, audit } = await existing(ports.store, request.workload)
  if (audit?.some(({ who }) => who === whoOf(run))) return `${name} is being rotated`
  return (await rotate(ports, { who: whoOf(run), reason: `form ${run.id}` }, request)).message
}

async function notTheirs(ports: ReadingPorts, run: PortalRun, name: string): Promise<readonly Problem[]> {
  const workload = await ports.store.get(workloadRef(name))
  if (workload?.spec !== undefined) return teamProblem(ports, run, { ...placeOf(run), name })
  return [{ ...placeOf(run), resource: `Workload ${name}`, message: `there is no workload ${name}` }]
}

/** That it waits, where its System or the fleet is paused. */
function noteFor(ports: ReadingPorts, workload: string): Promise<string> {
  return pausedNote(ports, [parseWorkloadId(workload).system])
}

function whoOf(run: PortalRun): string {
  return `${run.initiator} (run ${run.id})`
}

function placeOf(run: PortalRun) {
  return { file: formFile(run), line: 1, column: 1 }
}

async function refuse(
  ports: ReadingPorts,
  record: SourceRecord,
  run: PortalRun,
  problems: readonly Problem[],
): Promise<Counts> {
  const log = problems.map(formatProblem)
  await ports.portal.answer(run.id, { outcome: 'FAILURE', label: 'Refused', log })
  await ports.store.requests.close(record.name, run.id)
  return { problems: problems.length }
}

function formFile(run: PortalRun): string {
  return `form-${run.id}`
}

/** Where the person sees it: the input of the form, and the line in it where the input has several. */
function inForm(problem: Problem, { inputAt }: Extract<FormRequest, { operation: 'declare' }>): Problem {
  const place = inputAt(problem.line)
  if (place === undefined) return problem
  return { ...problem, line: place.line, message: `input "${place.input}": ${problem.message}` }
}
