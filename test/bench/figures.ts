/** One measured or counted figure. */
export interface Figure {
  readonly section: string
  readonly figure: string
  readonly value: number | string
  readonly unit: string
  readonly how: string
  readonly bound?: Bound
}

/** What has to be reached. */
export interface Bound {
  readonly most?: number
  readonly least?: number
}

export interface Bench {
  /** Workloads in the fleets that are swept. */
  readonly sizes: readonly number[]
  readonly progress: (text: string) => void
}

export type Section = (bench: Bench) => Promise<readonly Omit<Figure, 'section'>[]>

export function isMissed({ value, bound }: Figure): boolean {
  if (bound === undefined) return false
  if (typeof value !== 'number') return true
  return value > (bound.most ?? Infinity) || value < (bound.least ?? -Infinity)
}

/** Columns for people; what the numbers mean stands in the last one. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((each) => [each.section, each.figure, shown(each.value), each.unit, boundOf(each), each.how])
  const all = [['section', 'figure', 'value', 'unit', 'bound', 'how it is counted'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[column] ?? 0) : column === 5 ? cell : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return `${all.map(line).join('\n')}\n`
}

export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits))
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function boundOf(figure: Figure): string {
  if (figure.bound === undefined) return ''
  const { most, least } = figure.bound
  const text = [most === undefined ? '' : `≤ ${shown(most)}`, least === undefined ? '' : `≥ ${shown(least)}`]
  return `${text.filter((part) => part !== '').join(', ')} ${isMissed(figure) ? 'MISSED' : 'ok'}`
}

function shown(value: number | string): string {
  return typeof value === 'string' ? value : value.toLocaleString('en', { maximumFractionDigits: 4 })
}
