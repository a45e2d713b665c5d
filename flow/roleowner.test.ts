import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NamedCluster } from '../domain/capability.ts'
import { readerRoleName, roleName } from '../domain/names.ts'
import type { ResourceKind } from '../domain/records.ts'
import { memoryTable } from '../store/memory.ts'
import { createStore } from '../store/store.ts'
import { ownersOfRole } from './roleowner.ts'

const installation = 'acme'
const clock = { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() }

async function fleet(clusters: readonly string[], workloads: readonly string[]) {
  const store = createStore(memoryTable(), { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const declare = (kind: ResourceKind, name: string) =>
    store.declare({ ref: { kind, name }, spec: {}, origin: { source: 'x' } })
  for (const name of workloads) await declare('Workload', name)
  for (const system of new Set(workloads.map((name) => name.split('/')[0] ?? ''))) await declare('System', system)
  const listed: string[] = []
  const list = store.list.bind(store)
  const counted = {
    ...store,
    list: ((kind, options) => (listed.push(`${kind} ${options?.prefix ?? ''}`), list(kind, options))) as typeof list,
  }
  const places = clusters.map((name) => ({ name, spec: {} }) as NamedCluster)
  return { owner: (role: string) => ownersOfRole(counted, installation, places, role), listed }
}

describe('whose a role is', () => {
  it('is told apart where names run into each other, by the hash', async () => {
    const { owner } = await fleet(['dev', 'dev-pay'], ['pay/api-core', 'pay-api/core', 'pay/api', 'api/core'])
    const of = (cluster: string, name: string) => {
      const [system = '', workload = ''] = name.split('/')
      return owner(roleName(installation, cluster, system, workload))
    }
    for (const name of ['pay/api-core', 'pay-api/core', 'pay/api', 'api/core']) {
      for (const cluster of ['dev', 'dev-pay']) expect(await of(cluster, name)).toEqual([{ kind: 'Workload', name }])
    }
  })

  it('is a System’s, for the role that its SecretStore reads with', async () => {
    const { owner, listed } = await fleet(['dev'], ['pay/api'])
    expect(await owner(readerRoleName(installation, 'dev', 'pay'))).toEqual([{ kind: 'System', name: 'pay' }])
    expect(listed).toEqual(['System '])
  })

  it('is nobody’s without the right hash, in another installation, or where no cluster is', async () => {
    const { owner } = await fleet(['dev'], ['pay/api'])
    const role = roleName(installation, 'dev', 'pay', 'api')
    expect(await owner(`${role.slice(0, -8)}00000000`)).toEqual([])
    expect(await owner(roleName('other', 'dev', 'pay', 'api'))).toEqual([])
    expect(await owner('acme-')).toEqual([])
    expect(await (await fleet([], ['pay/api'])).owner(role)).toEqual([])
  })

  it('is found by reading what fits, and not the fleet', async () => {
    const systems = Array.from({ length: 40 }, (_, index) => `s${index}`)
    const { owner, listed } = await fleet(
      ['dev', 'prod'],
      systems.flatMap((system) => [`${system}/one`, `${system}/two`]),
    )
    expect(await owner(roleName(installation, 'dev', 's7', 'one'))).toEqual([{ kind: 'Workload', name: 's7/one' }])
    expect(listed).toEqual(['System ', 'Workload s7/one'])
  })

  it('is right for any names, also those that are too long to be seen whole', async () => {
    const part = fc.stringMatching(/^[ab]([ab-]{0,38}[ab])?$/).filter((text) => !text.includes('--'))
    const names = fc.uniqueArray(
      fc.tuple(part, part).map((parts) => parts.join('/')),
      { minLength: 1, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(part, { minLength: 1, maxLength: 3 }), names, async (clusters, workloads) => {
        const { owner } = await fleet(clusters, workloads)
        for (const cluster of clusters) {
          for (const name of workloads) {
            const [system = '', workload = ''] = name.split('/')
            expect(await owner(roleName(installation, cluster, system, workload))).toEqual([{ kind: 'Workload', name }])
            const reader = readerRoleName(installation, cluster, system)
            expect(await owner(reader)).toEqual([{ kind: 'System', name: system }])
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
