import type { Fleet, FleetMode } from '../../domain/fleet.ts'
import type { Store } from '../../domain/store.ts'
import { modeOf, ofFleet, untilResumed } from '../modes.ts'
import type { ModesReport, Operated } from './model.ts'
import { systemSummary } from './summaries.ts'

export interface ModePorts {
  readonly store: Store
  readonly fleet: Fleet
}

/** Writes at once. */
const together = 25

/**
 * Sets the mode of the whole fleet. Its Systems become due, so that the portal says it too; what waited while it was
 * paused finds the sweep (flow/parked.ts).
 */
export async function setMode(
  { store, fleet }: ModePorts,
  who: string,
  { mode, why }: { readonly mode: FleetMode; readonly why?: string },
): Promise<Operated> {
  const before = await fleet.mode()
  const same = before.mode === mode && (why === undefined || before.why === why)
  if (!same) await fleet.setMode(mode, who, why)
  const systems = (await store.list('System')).filter(({ spec }) => spec !== undefined)
  for (let start = 0; start < systems.length; start += together) {
    const part = systems.slice(start, start + together)
    await Promise.all(part.map(({ name }) => store.touch({ kind: 'System', name })))
  }
  if (same) return { result: 'unchanged', message: said(before.mode) }
  return { result: 'done', message: `${said(mode)}; it was ${before.mode}` }
}

function said(mode: FleetMode): string {
  const means: Readonly<Record<FleetMode, string>> = {
    repair: 'what drifts is repaired',
    report: 'what drifts is told and not repaired',
    paused: 'nothing is reconciled',
  }
  return `the fleet is in mode ${mode}: ${means[mode]}`
}

export async function listModes({ store, fleet }: ModePorts): Promise<ModesReport> {
  const [setting, modes, systems] = await Promise.all([fleet.mode(), fleet.modes(), store.list('System')])
  const declared = systems.filter(({ spec }) => spec !== undefined).map(systemSummary)
  return {
    setting,
    before: modes.slice(1),
    systems: declared.flatMap(({ name, reconcile }) => (reconcile === undefined ? [] : [{ name, reconcile }])),
  }
}

/** What is added to the answer about workloads of these Systems; empty where everything is carried out. */
export async function pausedNote({ store, fleet }: ModePorts, systems: readonly string[]): Promise<string> {
  const names = [...new Set(systems)]
  if (names.length === 0) return ''
  const [setting, records] = await Promise.all([
    fleet.mode(),
    store.getMany(names.map((name) => ({ kind: 'System', name }) as const)),
  ])
  if (setting.mode === 'paused') return `; ${untilResumed({ mode: 'paused', why: ofFleet(setting) })}`
  const paused = records.map((record) => modeOf(setting, record)).filter(({ mode }) => mode === 'paused')
  return [...new Set(paused.map((mode) => `; ${untilResumed(mode)}`))].slice(0, 3).join('')
}
