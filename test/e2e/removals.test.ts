import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { NamedCluster } from '../../domain/capability.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import { branch, image, manifest, push, startWorld, workload, type World } from '../support/controlplane.ts'
import { startRemovalWatch, type RemovalWatch } from '../support/removals.ts'

/** A retirement whose confirmation comes from the cluster, from what `fairway bootstrap cluster` puts there. */

let world: World
let watch: RemovalWatch
let secret: string

beforeAll(async () => {
  world = await startWorld(undefined, undefined, { withoutArgoCd: true })
  const record = await world.controlPlane.store.get({ kind: 'Cluster', name: 'dev' })
  const cluster: NamedCluster = { name: 'dev', spec: record?.spec as ClusterSpec }
  secret = world.controlPlane.sign((value) => value)
  watch = await startRemovalWatch(cluster, { webhooks: world.controlPlane.url, secret })
}, 120_000)

afterAll(async () => {
  await watch.stop()
  await world.stop()
})

/** As Argo CD does: what is on the branch is there. What left it stays until its objects are deleted. */
async function sync(): Promise<void> {
  for (const [path, text] of await branch(world, 'cluster-dev')) {
    if (/^applications\/[^/]+\/workloads\/[^_]/.test(path))
      watch.kubernetes.addApplication(parse(text) as KubernetesObject)
  }
}

async function start(): Promise<number> {
  const { code } = await watch.start()
  await world.controlPlane.settle()
  return code
}

const manifests = async () =>
  [...(await branch(world, 'cluster-dev')).keys()].filter((path) => path.startsWith('manifests/claims/gone/'))

it('ends when the objects are gone and not before, whatever fails on the way', async () => {
  await push(world, 'claims-services', {
    '.fairway/gone.yaml': manifest('gone'),
    '.fairway/stays.yaml': manifest('stays'),
  })
  await image(world, 'claims/gone')
  await sync()
  expect(await start()).toBe(0)
  const application =
    watch
      .remembered()
      .find((line) => line.includes(' gone '))
      ?.split(' ')[3] ?? ''

  await push(world, 'claims-services', { '.fairway/gone.yaml': '', '.fairway/stays.yaml': manifest('stays') })
  await sync()
  expect(await start()).toBe(0)
  expect((await workload(world, 'claims/gone')).status.phase).toBe('Retiring')
  expect(await manifests()).not.toEqual([])

  watch.kubernetes.removeApplication(application)
  await writeFile(join(watch.directory, 'secret'), `${secret} tampered with`)
  expect(await start()).toBe(1)
  expect((await workload(world, 'claims/gone')).status.phase).toBe('Retiring')

  await writeFile(join(watch.directory, 'secret'), secret)
  watch.kubernetes.intercept = (request) => (request.startsWith('PUT ') ? 500 : undefined)
  expect(await start()).toBe(1)
  expect((await workload(world, 'claims/gone')).spec).toBeUndefined()
  expect(await manifests()).toEqual([])

  watch.kubernetes.intercept = undefined
  expect(await start()).toBe(0)
  expect(watch.remembered()).toEqual([expect.stringContaining(' claims stays ')])
  expect((await workload(world, 'claims/stays')).intent).toBe('present')
})
