import type { Finding } from '../../flow/doctor/check.ts'
import { registerController, registerPodIdentityAgent } from '../../local/aws/index.ts'
import { fillSecrets } from './memorydoctor.ts'
import { memoryWorld, type MemoryWorld } from './memoryworld.ts'

/** The deployed doctor on the whole memory world. */

export const dev = { account: '100000000001', region: 'eu-west-1' }
export const prod = { account: '200000000002', region: 'eu-central-1' }
export const issuer = 'oidc.eks.eu-central-1.amazonaws.com/id/6F1E2D3C4B5A69788796A5B4C3D2E1F0'
export const controller = {
  name: 'fairway-external-secrets',
  namespace: 'external-secrets',
  serviceAccount: 'external-secrets',
}

/** Everything that an installer has to do is done. */
export async function installed(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await fillSecrets(world.aws.outside.secretsManager(dev))
  await registerPodIdentityAgent(world.aws, { ...dev, name: 'apps-dev' })
  await registerController(world.aws, { ...dev, cluster: 'apps-dev', ...controller })
  await registerController(world.aws, { ...prod, cluster: 'apps-prod', ...controller, issuer })
  return world
}

export async function examine(world: MemoryWorld, cluster?: string) {
  const request = { operation: 'doctor', ...(cluster === undefined ? {} : { cluster }) } as const
  const { diagnosis } = await world.operate(request)
  if (diagnosis === undefined) throw new Error('no diagnosis')
  return diagnosis
}

export async function found(world: MemoryWorld, id: string): Promise<Finding> {
  const { findings } = await examine(world)
  const finding = findings.find((one) => one.id === id)
  if (finding === undefined) throw new Error(`no ${id} among ${findings.map((one) => one.id).join(', ')}`)
  return finding
}

/** What is not ok, by id. */
export async function bad(world: MemoryWorld): Promise<Record<string, string>> {
  const { findings } = await examine(world)
  const notOk = findings.filter(({ result }) => result === 'failed' || result === 'warning')
  return Object.fromEntries(notOk.map(({ id, result }) => [id, result]))
}

export async function declare(world: MemoryWorld, kind: string, name: string, change: (spec: object) => object) {
  const record = await world.store.get({ kind: kind as 'Cluster', name })
  const text = JSON.stringify({
    apiVersion: 'fairway.dev/v1alpha1',
    kind,
    metadata: { name },
    spec: change(record?.spec as object),
  })
  await world.operate({ operation: 'apply', files: [{ path: 'changed.yaml', text }] })
}
