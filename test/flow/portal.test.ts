import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld } from '../support/memoryworld.ts'

/** What the portal shows besides answers to forms. */

const claims = readFileSync(new URL('../../examples/platform/claims.yaml', import.meta.url), 'utf8')

it('P1: a System is shown when it is declared or changes, and told to nobody otherwise', async () => {
  const world = await memoryWorld()
  const shown = () => world.portal.entity('fairway_system', 'claims')
  expect(shown()).toMatchObject({ properties: { team: 'claims', costCentre: 'CC-4712', phase: 'Ready', error: null } })
  const { writes } = world.portal
  await world.bus.publish([{ type: 'SystemChanged', detail: { system: 'claims', reason: 'test' } }])
  await world.quiet()
  await world.settle()
  expect(world.portal.writes).toBe(writes)
  await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text: claims.replace('CC-4712', 'CC-1') }] })
  expect(shown()).toMatchObject({ properties: { costCentre: 'CC-1' } })
})

it('a workload is shown with the lines that declare it and the commit that deployed it', async () => {
  const world = await memoryWorld()
  await world.push('policy-admin-services', { '.fairway/shown.yaml': manifest('shown', [], 'policy-admin') })
  await world.image('policy-admin/shown')
  expect(world.portal.entity('fairway_workload', 'policy-admin/shown')).toMatchObject({
    properties: { manifest: 'https://github.example/acme/policy-admin-services/blob/HEAD/.fairway/shown.yaml#L1' },
    relations: { system: 'policy-admin' },
  })
  const commit = world.head('cluster-dev')
  expect(world.portal.entity('fairway_placement', 'policy-admin/shown/dev')).toMatchObject({
    properties: { commit, commitUrl: `https://github.example/acme/cluster-dev/commit/${commit}`, deployed: true },
  })
})

it('P10: a placement that a workload has left is not shown as deployed', async () => {
  const world = await memoryWorld()
  const both = manifest('moves').replace('{ dev: {} }', '{ dev: {}, prod: {} }')
  await world.push('claims-services', { '.fairway/moves.yaml': both })
  await world.image('claims/moves')
  const shown = () => world.portal.entity('fairway_placement', 'claims/moves/prod')?.properties
  expect(shown()).toMatchObject({ deployed: true, environment: 'prod' })
  await world.push('claims-services', { '.fairway/moves.yaml': manifest('moves') })
  await world.operate({ operation: 'retire', workload: 'claims/moves', confirm: 'prod' })
  await world.settle()
  expect((await world.workload('claims/moves')).status.placements).not.toHaveProperty('prod')
  expect(shown()).toMatchObject({ deployed: false, digest: null, environment: 'prod' })
  expect(world.portal.entity('fairway_placement', 'claims/moves/dev')?.properties).toMatchObject({ deployed: true })
})
