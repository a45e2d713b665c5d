import type { CheckAnnotation, CheckRun } from '../../domain/checks.ts'
import type { Problem } from '../../domain/records.ts'
import { type Block, bounded, code, codes, cut, oneLine, sentence } from './markdown.ts'
import type { PlannedLine } from './explain.ts'
import type { Plan, PlannedResource } from './plan.ts'

/** Bytes, of the 65,535 that GitHub shows: https://docs.github.com/en/rest/checks/runs */
const room = 60_000
/** Lines of one resource. */
const mostLines = 60

/** How a plan is worded: what a pull request would do, or what a push did. */
export interface Wording {
  readonly name: string
  /** First paragraph. */
  readonly introduction: string
  readonly results: Readonly<Record<PlannedResource['result'], string>>
  /** Title when there is nothing to say. */
  readonly nothing: string
  /** Last paragraph, when something goes. */
  readonly removals?: string
  /** With the source's name, which lets go what is braked. */
  readonly source: string
}

type Said = Omit<CheckRun, 'commit'>

export function describePlan(plan: Plan, wording: Wording): Said {
  const { problems, resources } = plan
  const none = problems.length + resources.length === 0
  return {
    name: wording.name,
    conclusion: problems.length > 0 ? 'failure' : none ? 'neutral' : 'success',
    title: none ? 'nothing is declared here' : titleOf(plan, wording),
    summary: none
      ? `${wording.introduction}\n\nNo manifest: neither fairway.yaml nor anything under .fairway/.\n`
      : summaryOf(plan, wording),
    annotations: problems.map(annotation),
  }
}

const order = ['removed', 'braked', 'created', 'revived', 'changed'] as const

function titleOf({ problems, resources }: Plan, { results, nothing }: Wording): string {
  const counts = order.flatMap((result) => {
    const count = resources.filter((resource) => resource.result === result).length
    return count === 0 ? [] : [`${count} ${results[result]}`]
  })
  const wrong = problems.length === 0 ? [] : [problems.length === 1 ? '1 problem' : `${problems.length} problems`]
  return [...wrong, ...counts].join(', ') || nothing
}

function summaryOf(plan: Plan, wording: Wording): string {
  const of = (result: PlannedResource['result']) => plan.resources.filter((resource) => resource.result === result)
  const blocks: Block[] = [
    { what: 'paragraphs', text: wording.introduction },
    ...headed('Problems', plan.problems.map(problemBlock)),
    ...kept(plan.kept),
    ...order.flatMap((result) => headed(capital(wording.results[result]), of(result).map(resourceBlock))),
    ...braked(of('braked'), plan, wording),
    ...(plan.paused ?? []).map((why) => ({ what: 'paragraphs', text: `\n${paused(why)}` })),
    ...(of('removed').length + of('braked').length > 0 && wording.removals !== undefined
      ? [{ what: 'paragraphs', text: `\n${wording.removals}` }]
      : []),
    ...unchanged(of('unchanged').length),
  ]
  return bounded(blocks, room)
}

function headed(heading: string, [first, ...rest]: readonly Block[]): Block[] {
  return first === undefined ? [] : [{ ...first, text: `\n### ${heading}\n\n${first.text}` }, ...rest]
}

function problemBlock({ file, line, column, message }: Problem): Block {
  return { what: 'problems', text: `- ${code(`${file}:${line}:${column}`)} ${code(message)}` }
}

function resourceBlock({ kind, name, file, line, lines }: PlannedResource): Block {
  const place = file === undefined ? '' : `, ${code(`${file}:${line ?? 1}`)}`
  const more = lines.length > mostLines ? [`  - and ${lines.length - mostLines} more`] : []
  const text = [`- ${kind} ${code(name)}${place}`, ...lines.slice(0, mostLines).map(said), ...more].join('\n')
  return { what: 'resources', text }
}

function said({ phrase, clusters }: PlannedLine): string {
  return `  - ${sentence(phrase)}${clusters.length === 0 ? '' : ` (${codes(clusters)})`}`
}

function kept(names: readonly string[]): Block[] {
  if (names.length === 0) return []
  return [
    { what: 'paragraphs', text: `\nStays as it is while the file that declares it has problems: ${codes(names)}.` },
  ]
}

function braked(resources: readonly PlannedResource[], { brakedWhy }: Plan, { source }: Wording): Block[] {
  if (resources.length === 0) return []
  const these = resources.length === 1 ? 'this removal' : `these ${resources.length} removals`
  const why = brakedWhy === undefined ? 'they are more than one push may make' : code(brakedWhy)
  const text = `\nThe brake holds ${these}: ${why}. Somebody lets them go with ${code(`fairway go ${source}`)}, or they are declared again.`
  return [{ what: 'paragraphs', text }]
}

/** True for as long as the check is there, also when it is carried out by then. */
function paused(why: string): string {
  return `When this was written ${code(why)}. What is admitted meanwhile is carried out when that is over.`
}

function unchanged(count: number): Block[] {
  return count === 0 ? [] : [{ what: 'paragraphs', text: `\nUnchanged: ${count}.` }]
}

/** GitHub shows these as plain text beside the line. */
function annotation({ file, line, column, message, resource }: Problem): CheckAnnotation {
  return {
    path: file,
    line,
    column,
    level: 'failure',
    ...(resource === undefined ? {} : { title: cut(oneLine(resource), 200) }),
    message: cut(oneLine(message), 4_000),
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
