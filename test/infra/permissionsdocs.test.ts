import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { centralGrants, placementGrants } from '../../infra/stagegrants.ts'
import { stageNames, type Stage } from '../../infra/stages.ts'

/** docs/permissions.md beside the grants. Their every statement is in docs/grants.md, which is generated from them. */

const text = readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8')
const [, what = '', reach = ''] = text.split(/^\| function /m)

function rowsOf(table: string): ReadonlyMap<string, string> {
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, stage = '']) => [stage, row])),
  )
}

describe('the documented permissions', () => {
  it('have each function in both tables, and no other', () => {
    for (const table of [what, reach]) expect([...rowsOf(table).keys()].toSorted()).toEqual([...stageNames].toSorted())
  })

  /** A word of the table, and the grant without which it would be untrue. */
  const words: Readonly<Record<string, { readonly action: string; readonly resource: string }>> = {
    'publishes events': { action: 'events:PutEvents', resource: ':event-bus/' },
    'credentials of git hosts': { action: 'secretsmanager:GetSecretValue', resource: '/git-??????' },
    'GitHub App': { action: 'secretsmanager:GetSecretValue', resource: '/github-??????' },
    Port: { action: 'secretsmanager:GetSecretValue', resource: '/port-??????' },
    'secrets of webhooks': { action: 'secretsmanager:GetSecretValue', resource: '/webhooks/*' },
  }

  it.each(Object.entries(words))('say “%s” of exactly the functions that may', (word, { action, resource }) => {
    const may = (stage: Stage) =>
      centralGrants(stage).some(
        ({ actions, resources }) => actions.includes(action) && resources.some((each) => each.includes(resource)),
      )
    const rows = [...rowsOf(what)].filter(([, row]) => (row.split('|')[2] ?? '').includes(word))
    expect(rows.map(([stage]) => stage)).toEqual(stageNames.filter(may))
  })

  it('name the functions that work in the accounts of clusters', () => {
    const sentence = /In an account of a cluster ([^.]*?) do the same things/.exec(text)?.[1] ?? ''
    expect([...sentence.matchAll(/`([\w-]+)`/g)].map(([, stage = '']) => stage).toSorted()).toEqual(
      Object.keys(placementGrants).toSorted(),
    )
  })
})
