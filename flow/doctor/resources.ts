import type { Clock } from '../../domain/effects.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import { parkedAt, type AnyRecord } from '../../domain/store.ts'
import { failed, ok, warning, type Check } from './check.ts'
import type { Declared } from './world.ts'

const minute = 60_000
/** A first reconcile with a cold start, a retry and a queue takes minutes: what takes longer is stuck. */
const stuckAfter = 30 * minute
/** Waiting for an image or a secret is nobody's fault for a day. */
const forgottenAfter = 24 * 60 * minute
/** The sweep looks every minute (infra/schedules.ts). */
const overdueAfter = 15 * minute

/** What the records say: read before, so that each of these is only a look. */
export function resourceChecks(declared: Declared, clock: Pick<Clock, 'now'>): readonly Check[] {
  return [
    sources(declared),
    unsettled(declared, clock),
    waiting(declared, clock),
    paused(declared),
    overdue(declared, clock),
  ]
}

function sources({ sources: all }: Declared): Check {
  return {
    id: 'resources/sources',
    what: 'every source can be read and declares only what it may',
    fix: 'correct the manifests at the lines that `fairway status` names, or let removals go with `fairway go SOURCE`',
    run: async () => {
      const wrong = all.filter(({ problems }) => problems.length > 0)
      const braked = all.filter((source) => source.braked.length > 0)
      const said = [
        ...wrong.map(({ name, problems }) => `${name} has ${count(problems.length, 'problem')}`),
        ...braked.map((source) => `${source.name} waits for a go for ${count(source.braked.length, 'removal')}`),
      ]
      if (said.length === 0) return ok(count(all.length, 'source'))
      return (wrong.length > 0 ? failed : warning)(listed(said))
    },
  }
}

function unsettled({ workloads, systems }: Declared, clock: Pick<Clock, 'now'>): Check {
  return {
    id: 'resources/unsettled',
    what: 'no workload or system has been unfinished for long',
    fix: '`fairway status NAME` says what stands in the way, and what to do about it',
    run: async () => {
      const long = [...workloads, ...systems].filter(
        ({ unsettledSince, attentionAt }) =>
          unsettledSince !== undefined && attentionAt !== parkedAt && clock.now() - unsettledSince > stuckAfter,
      )
      if (long.length === 0) return ok(`${count(workloads.length, 'workload')}, ${count(systems.length, 'system')}`)
      return failed(listed(long.map((record) => phrase(record, clock.now() - (record.unsettledSince ?? 0)))))
    },
  }
}

function phrase({ kind, name, status }: WorkloadRecord | SystemRecord, age: number): string {
  return `${kind} ${name} is ${status.phase} for ${Math.round(age / minute)} minutes`
}

function waiting({ workloads }: Declared, clock: Pick<Clock, 'now'>): Check {
  const reasons = new Set(['AwaitingImage', 'AwaitingSecret'])
  return {
    id: 'resources/waiting',
    what: 'no workload waits for an image or a secret for long',
    fix: 'push the image, or fill the secret, that `fairway status NAME` names',
    run: async () => {
      const long = workloads.filter(({ status }) =>
        status.conditions.some(
          ({ reason, since }) => reasons.has(reason) && clock.now() - Date.parse(since) > forgottenAfter,
        ),
      )
      if (long.length === 0) return ok('none does')
      return warning(listed(long.map(({ name, status }) => `${name} is ${status.phase}`)))
    },
  }
}

function paused({ workloads, systems }: Declared): Check {
  return {
    id: 'resources/paused',
    what: 'nothing waits because its System or the fleet is paused',
    fix: 'let it go on: `fairway mode repair`, or `reconcile: repair` in the System',
    run: async () => {
      const held = [...workloads, ...systems].filter(({ attentionAt }) => attentionAt === parkedAt)
      if (held.length === 0) return ok('nothing does')
      return warning(listed(held.map(({ kind, name }) => `${kind} ${name}`)))
    },
  }
}

/** The sweep takes up what a dead execution left and what is due. When that is long overdue, the sweep does not run. */
function overdue(declared: Declared, clock: Pick<Clock, 'now'>): Check {
  return {
    id: 'resources/overdue',
    what: 'what is due is looked at, and no lease has run out',
    fix: 'look at the schedule that starts the function sweep, at its log, and at the executions of the state machines',
    run: async () => {
      const late = (at: number | undefined) => at !== undefined && clock.now() - at > overdueAfter
      const all: readonly AnyRecord[] = Object.values(declared).flat()
      const found = all.filter(({ lease, attentionAt }) => late(lease?.until) || late(attentionAt))
      if (found.length === 0) return ok('nothing is overdue')
      return failed(listed(found.map(({ kind, name }) => `${kind} ${name} has been due for long`)))
    },
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** The first of them: an answer is read by a person. */
function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, 10).join('; ')
  return texts.length <= 10 ? shown : `${shown}; and ${texts.length - 10} more`
}
