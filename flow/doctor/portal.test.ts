import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { blueprints } from './portal.ts'

it('the blueprints that are looked for are those that are shipped', () => {
  const folder = new URL('../../examples/portal/port/', import.meta.url)
  const shipped = readdirSync(folder)
    .filter((name) => name.endsWith('.blueprint.json'))
    .map((name) => (JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { identifier: string }).identifier)
  expect([...blueprints].toSorted()).toEqual(shipped.toSorted())
})
