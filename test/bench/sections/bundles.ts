import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { stageNames } from '../../../infra/stages.ts'
import { bundleTo } from '../../infra/bundle.ts'
import { median, rounded, type Figure, type Section } from '../figures.ts'

const run = promisify(execFile)
const runs = 5

/** As deployed. */
export const bundles: Section = async ({ progress }) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-bench-'))
  const figures: Omit<Figure, 'section'>[] = []
  try {
    for (const stage of stageNames) {
      const file = join(directory, `${stage}.mjs`)
      const { bytes } = await bundleTo(`lambdas/${stage}/handler.ts`, file)
      const times: number[] = []
      for (let count = 0; count < runs; count++) times.push(await importTime(file))
      progress(`${stage}: ${times.map((time) => rounded(time)).join(', ')} ms`)
      figures.push(
        {
          figure: `${stage}: size`,
          value: rounded(bytes / 1000),
          unit: 'kB',
          how: 'minified, the SDK included',
          bound: { most: 900 },
        },
        {
          figure: `${stage}: import`,
          value: rounded(median(times)),
          unit: 'ms',
          how: `of the file, in a Node process of its own; median of ${runs}`,
        },
      )
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return figures
}

async function importTime(file: string): Promise<number> {
  const code = `
    const began = performance.now()
    await import(${JSON.stringify(pathToFileURL(file).href)})
    process.stdout.write(String(performance.now() - began))
    process.exit(0)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    env: { AWS_REGION: 'eu-west-1' },
  })
  return Number(stdout)
}
