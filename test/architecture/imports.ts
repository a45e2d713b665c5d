import { cruise } from 'dependency-cruiser'
import { createRequire } from 'node:module'

/**
 * The import rules, and that they looked at something: without a parser the tool cruises nothing and says that all is
 * well. Exit status 1 on a violation.
 */
const least = 300
const require = createRequire(import.meta.url)
const { forbidden, options } = require('../../.dependency-cruiser.cjs') as { forbidden: never[]; options: object }
const folders = [
  'bin',
  'capabilities',
  'domain',
  'flow',
  'git',
  'iamroles',
  'infra',
  'lambdas',
  'local',
  'manifests',
  'portals',
  'secretentries',
  'store',
  'test',
]

const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true })
if (typeof output === 'string') throw new Error('no result')
const { violations, totalCruised } = output.summary
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} imports ${to}`)
if (totalCruised < least) console.error(`only ${totalCruised} modules were looked at; at least ${least} are expected`)
console.log(`${totalCruised} modules, ${violations.length} violations`)
process.exitCode = violations.length > 0 || totalCruised < least ? 1 : 0
