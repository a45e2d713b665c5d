import type { HostedRepository } from '../../domain/checks.ts'
import type { SourceSnapshot } from '../../domain/git.ts'
import type { SourceRecord } from '../../domain/records.ts'
import type { AnyRecord, Ref, Store } from '../../domain/store.ts'
import { readingOf, type GitReading } from '../source/git.ts'
import { presentIn, whyHeld, type Present } from '../source/leaving.ts'
import { noLongerDeclared } from '../source/removals.ts'
import { workloadRef } from '../world.ts'
import { hostedBy, platformOf } from './source.ts'
import { pausedFor } from './paused.ts'
import { planOf } from './plan.ts'
import type { Checked, CheckPorts } from './ports.ts'
import { describePlan, type Wording } from './text.ts'

/**
 * A pull request's head, validated as its source and planned against the store, as a check run beside the commit that
 * was read. The event only says *look*: ids are those of the Source. Nothing is admitted or changed.
 */
export async function checkPullRequest(
  ports: CheckPorts,
  request: { readonly source: string; readonly number: number },
): Promise<Checked> {
  const hosted = hostedBy(await ports.store.get({ kind: 'Source', name: request.source }))
  if (hosted === undefined) return { result: 'nothing', why: 'the source is not one of GitHub' }
  const { record, spec } = hosted
  const repository: HostedRepository = hosted.repository
  const pull = await ports.checks.pullRequest(repository, request.number)
  if (!pull?.open) return { result: 'nothing', why: 'the pull request is closed or gone' }
  const snapshot = await ports.reader.readRef(spec, `refs/pull/${request.number}/head`)
  if (snapshot === undefined) return { result: 'nothing', why: 'the pull request has no head' }
  const plan = await plannedFor(ports, record, snapshot)
  const run = { commit: snapshot.commit, ...describePlan(plan, wording(record.name)) }
  const { commit, conclusion, title } = run
  return { result: await ports.checks.check(repository, run), commit, conclusion, title }
}

async function plannedFor(ports: CheckPorts, source: SourceRecord, snapshot: SourceSnapshot) {
  const [reading, platform, setting] = await Promise.all([
    readingOf(snapshot, source.name, ports.validate),
    platformOf(ports.store),
    ports.fleet.mode(),
  ])
  const declared = new Set(reading.resources.filter(({ kind }) => kind === 'Workload').map(({ name }) => name))
  const goes = noLongerDeclared(source, { ...reading, declared }).length > 0
  const [records, present] = await Promise.all([
    recordsOf(ports.store, source, reading),
    goes ? presentIn(ports.store, source.name) : nobody,
  ])
  const whyHeldNow = (going: readonly string[]) => whyHeld(going, present, [], ports.brake)
  const plan = planOf({ source, reading, records, platform, whyHeld: whyHeldNow }, ports)
  return { ...plan, paused: pausedFor(plan, platform, setting) }
}

const nobody: Present = { present: new Map(), own: [], elsewhere: [] }

async function recordsOf(store: Store, source: SourceRecord, reading: GitReading): Promise<readonly AnyRecord[]> {
  const refs: Ref[] = [
    ...reading.resources.map(({ kind, name }) => ({ kind, name })),
    ...source.declared.map(workloadRef),
  ]
  const each = new Map(refs.map((ref) => [`${ref.kind} ${ref.name}`, ref]))
  return each.size === 0 ? [] : store.getMany([...each.values()])
}

function wording(source: string): Wording {
  return {
    name: 'fairway plan',
    introduction:
      'What this would do on the default branch, from what Fairway has on record. Nothing is admitted or provisioned by a pull request.',
    results: {
      created: 'to create',
      changed: 'to change',
      revived: 'to bring back',
      removed: 'to remove',
      braked: 'to remove, held by the brake',
      unchanged: 'unchanged',
    },
    nothing: 'nothing would change',
    removals:
      'What the default branch got after this branch was made shows here as a removal too, until this branch is updated.',
    source,
  }
}
