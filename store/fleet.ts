import { Conflict } from '../domain/errors.ts'
import {
  mostFindings,
  shardName,
  type Demand,
  type Finding,
  type Fleet,
  type ModeSetting,
  type RecordedFinding,
  type RecordedReport,
  type Shard,
  type ShardReport,
} from '../domain/fleet.ts'
import { canonical } from '../domain/hash.ts'
import type { Condition, Item, Table, Update } from '../domain/table.ts'
import { createLeaving } from './leaving.ts'
import { asJson } from './record.ts'
import type { StoreOptions } from './settings.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/** One item for each shard, with the lease of its looks and the report of the last, and one for the settings. */
export function createFleet(table: Table, { clock }: Pick<StoreOptions, 'clock'>): Fleet {
  return {
    async begin(shard, holder, until) {
      const now = clock.now()
      const update: Update = {
        set: [
          [['kind'], shardKind],
          [['shard'], asJson(shard)],
          [['holder'], holder],
          [['until'], until],
        ],
      }
      const begun = await tryUpdate(table, keyOf(shard), update, freeFor(holder, now))
      return begun ? 'begun' : 'running'
    },

    end: (shard, holder, report) => {
      const key = keyOf(shard)
      return untilWritten(key, async () => {
        const item = await table.get(key)
        if (item?.['holder'] !== holder) {
          throw new Conflict(`another look at ${shardName(shard)} has begun since: this one took too long`)
        }
        const before = reportOf(item)
        const after = recorded(report, before, new Date(clock.now()).toISOString())
        const released = before?.released?.workloads.filter((workload) => report.held?.includes(workload)) ?? []
        const set: NonNullable<Update['set']> = [[['report'], asJson(after)]]
        const stillReleased =
          before?.released && released.length > 0 ? { ...before.released, workloads: released } : null
        const update: Update = {
          set: stillReleased ? [...set, [['released'], asJson(stillReleased)]] : set,
          remove: [
            ['holder'],
            ['until'],
            // While it is paused nothing is counted anew.
            ...(report.mode === 'paused' ? [] : [['admitted']]),
            ...(stillReleased ? [] : [['released']]),
          ],
        }
        return (await tryUpdate(table, key, update, asRead(item))) && { before }
      }).then(({ before }) => before)
    },

    async report(shard) {
      return reportOf(await table.get(keyOf(shard)))
    },

    async reports() {
      const found: RecordedReport[] = []
      let cursor: string | undefined
      do {
        const page = await table.ofKind(shardKind, { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
        found.push(...page.items.flatMap((item) => reportOf(item) ?? []))
        cursor = page.cursor
      } while (cursor !== undefined)
      return found
    },

    release: (shard, who) =>
      untilWritten(keyOf(shard), async () => {
        const item = await table.get(keyOf(shard))
        const workloads = reportOf(item)?.held ?? []
        if (item === undefined || workloads.length === 0) return []
        const released = { who, at: new Date(clock.now()).toISOString(), workloads }
        const update: Update = { set: [[['released'], asJson(released)]] }
        return (await tryUpdate(table, keyOf(shard), update, asRead(item))) && workloads
      }),

    async mode() {
      return ((await table.get(settingsKey))?.['setting'] ?? { mode: 'repair' }) as unknown as ModeSetting
    },

    async setMode(mode, who, why) {
      const since = new Date(clock.now()).toISOString()
      const setting: ModeSetting = { mode, who, since, ...(why === undefined ? {} : { why }) }
      await untilWritten(settingsKey, async () => {
        const item = await table.get(settingsKey)
        const modes = [setting, ...modesOf(item)].slice(0, mostModes)
        const set: NonNullable<Update['set']> = [
          [['setting'], asJson(setting)],
          [['modes'], asJson(modes)],
        ]
        return tryUpdate(table, settingsKey, { set }, item ? asRead(item) : { op: 'absent', path: ['setting'] })
      })
    },

    async modes() {
      return modesOf(await table.get(settingsKey))
    },

    async admitted(place, placements) {
      const key = keyOf(place)
      await untilWritten(key, async () => {
        const item = await table.get(key)
        // Nobody has looked there yet: there is nothing to count from.
        if (item?.['report'] === undefined) return true
        const before = (item['admitted'] ?? {}) as unknown as NonNullable<RecordedReport['admitted']>
        const admitted = asJson(added(before, placements))
        return tryUpdate(table, key, { set: [[['admitted'], admitted]] }, asRead(item))
      })
    },

    ...createLeaving(table, { clock }),
  }
}

type Demands = NonNullable<RecordedReport['admitted']>

function added(before: Demands, placements: Demands): Demands {
  const sums = Object.entries(placements).map(([cluster, more]): [string, Demand] => {
    const { roles = 0, associations = 0, applications = 0 } = before[cluster] ?? {}
    return [
      cluster,
      {
        roles: roles + more.roles,
        associations: associations + more.associations,
        applications: applications + more.applications,
      },
    ]
  })
  return { ...before, ...Object.fromEntries(sums) }
}

function modesOf(item: Item | undefined): readonly ModeSetting[] {
  return (item?.['modes'] ?? []) as unknown as readonly ModeSetting[]
}

/** As many as a person reads back. */
const mostModes = 20

const shardKind = 'Shard'
const settingsKey = 'Fleet/settings'

function keyOf(shard: Shard): string {
  return `${shardKind}/${shardName(shard)}`
}

/** Free, overdue, or this holder's already: an execution asks again after a lost answer. */
function freeFor(holder: string, now: number): Condition {
  return {
    op: 'any',
    of: [
      { op: 'absent', path: ['holder'] },
      { op: 'equals', path: ['holder'], value: holder },
      { op: 'below', path: ['until'], value: now },
    ],
  }
}

function asRead(item: Item): Condition {
  return { op: 'equals', path: ['revision'], value: item.revision }
}

function reportOf(item: Item | undefined): RecordedReport | undefined {
  if (item?.['report'] === undefined) return undefined
  const report = item['report'] as unknown as RecordedReport
  const { released, admitted } = item as unknown as Pick<RecordedReport, 'released' | 'admitted'>
  return { ...report, ...(released ? { released } : {}), ...(admitted ? { admitted } : {}) }
}

/** What was found before keeps its time. */
function recorded(report: ShardReport, before: RecordedReport | undefined, at: string): RecordedReport {
  const known = new Map(before?.findings.map((finding) => [identity(finding), finding.since]))
  const held = report.held?.slice(0, mostHeld)
  const room = held === undefined ? roomForFindings : roomForFindings - 2 * mostHeld * longestId
  const findings = report.findings
    .slice(0, mostFindings)
    .map((finding): RecordedFinding => ({ ...shortened(finding), since: known.get(identity(finding)) ?? at }))
  return { ...report, findings: fitting(findings, room), ...(held ? { held } : {}), at }
}

/** An item has 400 KB; bytes, with room for all the rest of it. */
const roomForFindings = 340_000
/** As many names as one go lets pass, and `system/workload` at its longest: held and released may both be there. */
const mostHeld = 500
const longestId = 130

function fitting(findings: readonly RecordedFinding[], room: number): readonly RecordedFinding[] {
  let used = 0
  return findings.filter((finding) => (used += Buffer.byteLength(canonical(finding))) <= room)
}

function identity({ kind, resource, cluster, where }: Finding): string {
  return canonical([kind, resource, cluster, where])
}

/** So that `mostFindings` of them fit into an item. */
const longestText = 400

function shortened(finding: Finding): Finding {
  const { what, why } = finding
  return { ...finding, what: short(what), ...(why === undefined ? {} : { why: short(why) }) }
}

function short(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`
}
