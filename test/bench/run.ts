import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { isMissed, tableOf, type Bench, type Figure, type Section } from './figures.ts'
import { bundles } from './sections/bundles.ts'
import { costs } from './sections/costs.ts'
import { depth } from './sections/depth.ts'
import { groupCommit } from './sections/groupcommit.ts'
import { noop } from './sections/noop.ts'
import { rendering } from './sections/rendering.ts'
import { sweep } from './sections/sweep.ts'

/** `npm run bench`: docs/bench.md says what the figures mean. */

const sections: Readonly<Record<string, Section>> = {
  rendering,
  'no-op': noop,
  'group-commit': groupCommit,
  depth,
  bundles,
  costs,
  sweep,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(sections).join(',') },
    sizes: { type: 'string', default: '1000,10000,100000' },
    json: { type: 'string' },
  },
})

const say = (text: string) => void process.stderr.write(`${text}\n`)
const sizes = values.sizes.split(',').map(Number)
if (!sizes.every((size) => Number.isInteger(size) && size > 0))
  fail(`--sizes ${values.sizes}: numbers, like 1000,10000`)

const figures: Figure[] = []
const began = new Date()
for (const name of values.only.split(',')) {
  const section = sections[name]
  if (section === undefined) fail(`--only ${name}: one of ${Object.keys(sections).join(', ')}`)
  const bench: Bench = { sizes, progress: (text) => say(`${name}: ${text}`) }
  say(`${name} …`)
  figures.push(...(await section(bench)).map((figure) => ({ section: name, ...figure })))
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
const load = loadavg().map((average) => average.toFixed(1))
process.stdout.write(`${tableOf(figures)}\n${machine}; load of the last 1, 5 and 15 minutes: ${load.join(', ')}\n`)
if (values.json !== undefined) {
  const report = { at: began.toISOString(), machine, load, figures }
  await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
const missed = figures.filter(isMissed)
for (const { section, figure } of missed) say(`missed: ${section}, ${figure}`)
// Connections and timers of the twins may be open still.
process.exit(missed.length > 0 ? 1 : 0)

function fail(message: string): never {
  say(message)
  process.exit(2)
}
