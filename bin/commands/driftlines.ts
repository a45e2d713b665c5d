import { dim, green, red, yellow } from 'yoctocolors'
import { skipReasons } from '../../domain/fleet.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import type { DriftFinding, ShardDrift } from '../../flow/operations/model.ts'

/** What differs from what is declared, in lines. */

/** Of one workload: what is open, and what was put right last. */
export function driftLines({ drift = [], repaired }: Pick<WorkloadRecord, 'drift' | 'repaired'>): readonly string[] {
  const open = drift.map(({ kind, cluster, where, what, since, answer, why }) => {
    const state = answer === 'repairing' ? 'repairing' : `not repaired: ${why ?? ''}`
    return `  ${red('drift')} ${kind}${placed(cluster)}: ${what} ${dim(where)}, since ${since}, ${state}`
  })
  if (repaired === undefined) return open
  const kinds = [...new Set(repaired.findings.map(({ kind, cluster }) => `${kind}${placed(cluster)}`))].join(', ')
  return [...open, dim(`  repaired at ${repaired.at}: ${kinds}`)]
}

/** A part of the fleet, as its last look left it. */
export function shardLines(part: ShardDrift): readonly string[] {
  const { shard, at, compared = 0, failed = [], findings, braked } = part
  if (at === undefined) return [`${shard}  ${yellow('nobody has looked yet')}`]
  const left = skippedIn(part)
  const head = `${shard}  ${dim(`looked at ${at}${modeIn(part)}: ${compared} compared${left}`)}`
  return [
    head,
    ...failed.map(({ capability, resource, resources = 1, failure }) => {
      const where = resource === undefined ? '' : `, ${resource}${resources > 1 ? ` and ${resources - 1} more` : ''}`
      return `  ${red(`could not look: ${capability}${where}`)}: ${failure.message}${failure.fix ? `; ${failure.fix}` : ''}`
    }),
    ...findings.flatMap(findingLines),
    ...unlisted(part),
    ...(braked === undefined ? [] : [heldLine(part)]),
  ]
}

function findingLines(finding: DriftFinding): readonly string[] {
  const { kind, resource, cluster, where, what, since, state, repairedAt, why } = finding
  const states: Readonly<Record<DriftFinding['state'], string>> = {
    repairing: yellow('repairing'),
    repaired: green(`repaired at ${repairedAt ?? ''}`),
    reported: red('reported'),
    gone: green('gone'),
  }
  const whose = resource === undefined ? '' : ` ${resource.kind === 'System' ? 'System ' : ''}${resource.name}`
  const line = `  ${kind.padEnd(20)}${whose}${placed(cluster)}: ${what} ${dim(`${where}, since ${since}`)}  ${states[state]}`
  return state === 'reported' && why !== undefined ? [line, `    ${why}`] : [line]
}

/** A report lists the first of them, and counts all. */
function unlisted({ counts = {}, findings }: ShardDrift): readonly string[] {
  const more = Object.entries(counts).flatMap(([kind, count]) => {
    const listed = findings.filter((finding) => finding.kind === kind).length
    return listed > 0 && count > listed ? [`${count - listed} more ${kind}`] : []
  })
  return more.length === 0 ? [] : [dim(`  and ${more.join(', ')}`)]
}

function heldLine({ shard, braked, held = [], released }: ShardDrift): string {
  const names = `${held.slice(0, 10).join(', ')}${held.length > 10 ? ` and ${held.length - 10} more` : ''}`
  if (released !== undefined)
    return `  ${yellow(`let go by ${released.who}`)}: the next look removes what is left of ${names}`
  return `  ${yellow(`the brake holds what is left of ${names}`)}: ${braked}; \`fairway go '${shard}'\``
}

function skippedIn({ skipped }: ShardDrift): string {
  const some = skipReasons.flatMap((why) => (skipped?.[why] ? [`${skipped[why]} ${why}`] : []))
  return some.length === 0 ? '' : `, left out: ${some.join(', ')}`
}

function modeIn({ mode }: ShardDrift): string {
  return mode === undefined || mode === 'repair' ? '' : ` in mode ${mode}`
}

function placed(cluster: string | undefined): string {
  return cluster === undefined ? '' : ` in ${cluster}`
}
