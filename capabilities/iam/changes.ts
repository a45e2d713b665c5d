import { phrase, type Explain, type Phrase, type PlacementChange } from '../../domain/changes.ts'
import { canonical } from '../../domain/hash.ts'
import { roleName } from '../../domain/names.ts'
import type { IamSpec } from './desired.ts'
import type { AwsSpec } from './schema.ts'

type Statement = AwsSpec['statements'][number]

/** Of actions times resources: above it the single permissions are not looked at, only their statements. */
const largest = 10_000

export const role: Explain<PlacementChange<IamSpec>> = ({ installation, system, workload, cluster, before, after }) => {
  const [old, now] = [before?.aws?.statements, after?.aws?.statements]
  if (old === undefined && now === undefined) return []
  const name = roleName(installation.name, cluster.name, system.name, workload)
  if (now === undefined) return [phrase`IAM role ${name}: removed`]
  return [...(old === undefined ? [phrase`IAM role ${name}: made`] : []), ...permissions(old ?? [], now)]
}

function permissions(before: readonly Statement[], after: readonly Statement[]): Phrase[] {
  const [old, now] = [apart(before), apart(after)]
  const lacking = (these: typeof old, those: typeof old) =>
    together([...these].filter(([key]) => !those.has(key)).map(([, statement]) => statement))
  return [
    ...lacking(now, old).map((statement) => said(statement, 'added')),
    ...lacking(old, now).map((statement) => said(statement, 'removed')),
  ]
}

function said({ actions, resources, conditions }: Statement, what: 'added' | 'removed'): Phrase {
  const ends = ` ${what}`
  return conditions === undefined
    ? { words: ['role: ', ' on ', ends], values: [actions, resources] }
    : { words: ['role: ', ' on ', ' if ', ends], values: [actions, resources, canonical(conditions)] }
}

/** Each permission by itself, so that a statement with one more action has one more action, and no more. */
function apart(statements: readonly Statement[]): ReadonlyMap<string, Statement> {
  const size = statements.reduce((sum, { actions, resources }) => sum + actions.length * resources.length, 0)
  const single = size > largest ? statements : statements.flatMap(split)
  return new Map(single.map((statement) => [canonical(statement), statement]))
}

function split({ actions, resources, conditions }: Statement): Statement[] {
  return actions.flatMap((action) =>
    resources.map((resource) => ({ actions: [action], resources: [resource], ...(conditions && { conditions }) })),
  )
}

/** The other way round: actions on the same, then resources of the same actions. */
function together(statements: readonly Statement[]): Statement[] {
  return merge(merge(statements, 'actions', 'resources'), 'resources', 'actions')
}

function merge(
  statements: readonly Statement[],
  what: 'actions' | 'resources',
  same: 'actions' | 'resources',
): Statement[] {
  const groups = new Map<string, Statement>()
  for (const statement of statements) {
    const key = canonical([statement[same], statement.conditions])
    const group = groups.get(key)
    const members = [...new Set([...(group?.[what] ?? []), ...statement[what]])].toSorted()
    groups.set(key, { ...statement, [what]: members })
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, statement]) => statement)
}
