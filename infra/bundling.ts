import { OutputFormat, type BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

/** How a handler becomes one file. As data, so that tests bundle with the very same settings. */
export const bundle = {
  target: 'node24',
  // ES modules where a package has them: only these are tree-shaken. 851 kB instead of 1,138 kB for a function.
  mainFields: ['module', 'main'],
  // Packages in CommonJS call `require`, which an ES module does not have.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  alias: {
    // Its `exports` give Node the CommonJS file, all of git in one object; the same code as an ES module is 118 kB less.
    'isomorphic-git': join(dirname(require.resolve('isomorphic-git')), 'index.js'),
    // The same for YAML: 15 kB less for a function that reads it, 66 kB for one that writes it.
    yaml: join(dirname(require.resolve('yaml/package.json')), 'browser', 'index.js'),
    // The SHA-1 of isomorphic-git is one for browsers, with all that it needs to find out where it is: 25 kB.
    'sha.js/sha1.js': fileURLToPath(new URL('../lambdas/sha1.ts', import.meta.url)),
    // Six more places where credentials may be, and their clients: 130 kB that no function ever uses.
    '@aws-sdk/credential-provider-node': fileURLToPath(new URL('../lambdas/credentials.ts', import.meta.url)),
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
