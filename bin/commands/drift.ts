import { Option, type Command } from 'commander'
import { systemClock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import { driftKinds, type DriftKind } from '../../domain/fleet.ts'
import type { DriftFinding, DriftQuery, DriftReport, ShardDrift } from '../../flow/operations/model.ts'
import { examples, operation, type Options } from './carryout.ts'
import { shardLines } from './driftlines.ts'
import { exits, type Exit } from './exit.ts'
import { modeLines } from './modelines.ts'
import { withTarget, type Target } from './target.ts'
import { parseDuration } from './wait.ts'

interface DriftOptions extends Options {
  readonly kind?: DriftKind
  readonly system?: string
  readonly look?: string | true
  /** Milliseconds. */
  readonly timeout: number
}

export function driftCommand(exit: Exit): Command {
  return operation('drift', 'Show what differs from what is declared, as the last looks at the fleet found it.')
    .addOption(new Option('--kind <kind>', 'only this kind').choices(driftKinds))
    .option('--system <name>', 'only this System and its workloads')
    .option(
      '--look [part]',
      'look now, at one part of the fleet as `fairway drift` names it, or at all, and wait for it',
    )
    .addOption(
      new Option('--timeout <time>', 'with --look: at most this long, for example 90s, 10m or 1h')
        .argParser(parseDuration)
        .default(600_000, '10m'),
    )
    .addHelpText(
      'after',
      `\nExit status 1: something differs, could not be looked at, or is held by the brake.\n${examples(
        'fairway drift --dir ./state',
        'fairway drift --installation acme --system policy-admin --kind policy-changed',
        'fairway drift --installation acme --look place/111122223333/eu-west-1 --timeout 5m',
        'fairway drift --installation acme --json',
      )}`,
    )
    .action((options: DriftOptions) =>
      withTarget(options, async (target) => {
        const late = options.look === undefined ? [] : await look(target, options.look, options)
        const report = await wholeReport(target, queryOf(options))
        if (options.json) console.log(JSON.stringify(report, null, 2))
        else print(report)
        exit.code = late.length > 0 ? exits.late : isOpen(report, options) ? exits.refused : exits.fine
      }),
    )
}

function queryOf({ kind, system }: DriftOptions): DriftQuery {
  return { ...(kind === undefined ? {} : { kind }), ...(system === undefined ? {} : { system }) }
}

/** All parts as one. */
async function wholeReport(target: Target, query: DriftQuery): Promise<Omit<DriftReport, 'cursor'>> {
  const shards: ShardDrift[] = []
  for (let cursor: string | undefined; ;) {
    const at = cursor === undefined ? {} : { cursor }
    const { drift } = await target.operate({ operation: 'drift', ...query, ...at })
    if (drift === undefined) throw new Terminal('the control plane is older than this command, and knows no drift')
    shards.push(...drift.shards)
    cursor = drift.cursor
    if (cursor === undefined) return { fleet: drift.fleet, shards }
  }
}

/** Has it looked at, and looks until the reports are newer than those before. Names of what is not looked at in time. */
async function look(target: Target, part: string | true, { timeout, json }: DriftOptions): Promise<readonly string[]> {
  const print = (line: string) => (json ? console.error(line) : console.log(line))
  const asked = await target.operate({ operation: 'look', ...(part === true ? {} : { shard: part }) })
  print(asked.message)
  const end = systemClock.now() + timeout
  let open = asked.looks ?? []
  while (open.length > 0) {
    const { shards } = await wholeReport(target, { brief: true })
    const at = new Map(shards.map((one) => [one.shard, one.at]))
    const done = open.filter(({ shard, before }) => at.get(shard) !== before)
    for (const { shard } of done) print(`${shard}: looked at`)
    open = open.filter((one) => !done.includes(one))
    if (open.length === 0) break
    if (systemClock.now() >= end) {
      const names = open.map(({ shard }) => shard)
      console.error(`fairway: not looked at within ${timeout / 1000} s: ${names.join(', ')}`)
      return names
    }
    await systemClock.sleep(Math.min(target.pause, Math.max(0, end - systemClock.now())))
  }
  return []
}

function print({ fleet, shards }: Omit<DriftReport, 'cursor'>): void {
  for (const line of modeLines({ fleet, systems: [] })) console.log(line)
  for (const line of shards.flatMap(shardLines)) console.log(line)
  const open = shards.flatMap(({ findings }) => findings).filter(isOpenFinding)
  const unseen = shards.some(({ at }) => at === undefined) ? ', where somebody has looked' : ''
  console.log(open.length === 0 ? `nothing differs${unseen}` : `${open.length} differ${open.length === 1 ? 's' : ''}`)
}

/** What a person asked for about one kind or System is not answered by what is wrong elsewhere. */
function isOpen({ shards }: Omit<DriftReport, 'cursor'>, { kind, system }: DriftOptions): boolean {
  const all = kind === undefined && system === undefined
  return shards.some(
    ({ findings, failed = [], braked }) =>
      findings.some(isOpenFinding) || (all && (failed.length > 0 || braked !== undefined)),
  )
}

/** What is only due is no drift. */
function isOpenFinding({ state, kind }: DriftFinding): boolean {
  return kind !== 'due' && (state === 'repairing' || state === 'reported')
}
