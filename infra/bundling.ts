import { OutputFormat, type BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** How a handler becomes one file. As data, so that tests bundle with the very same settings. */
export const bundle = {
  target: 'node24',
  // ES modules where a package has them: only these are tree-shaken. 851 kB instead of 1,138 kB for a function.
  mainFields: ['module', 'main'],
  // Packages in CommonJS call `require`, which an ES module does not have.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  alias: {
    // Its `exports` give Node the CommonJS file, all of git in one object; the same code as an ES module is 118 kB less.
    'isomorphic-git': join(dirname(createRequire(import.meta.url).resolve('isomorphic-git')), 'index.js'),
  },
} as const

export const bundling: BundlingOptions = {
  minify: true,
  format: OutputFormat.ESM,
  target: bundle.target,
  mainFields: [...bundle.mainFields],
  banner: bundle.banner,
  esbuildArgs: Object.fromEntries(Object.entries(bundle.alias).map(([name, path]) => [`--alias:${name}`, path])),
  // The SDK too: Lambda's own changes without a deployment, and ES modules do not find it.
  externalModules: [],
}
