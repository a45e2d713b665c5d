import { build, type Metafile } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../infra/bundling.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** One file from an entry (a path in the project), as CDK makes it for a function. Says what is in it. */
export async function bundleTo(entry: string, outfile: string): Promise<Metafile['outputs'][string]> {
  const { metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    target: bundle.target,
    mainFields: [...bundle.mainFields],
    banner: { js: bundle.banner },
    alias: bundle.alias,
    logLevel: 'error',
  })
  const [output] = Object.values(metafile.outputs)
  return output as Metafile['outputs'][string]
}
