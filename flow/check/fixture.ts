import { readdirSync, readFileSync } from 'node:fs'
import { explains } from '../../capabilities/changes.ts'
import type { CheckRun, Checks, HostedRepository, PullRequest } from '../../domain/checks.ts'
import { canonical } from '../../domain/hash.ts'
import type { SourceFile, SourceSnapshot } from '../../domain/git.ts'
import { manualClock } from '../../test/contract/store-fixture.ts'
import { specs } from '../../lambdas/runtime/core.ts'
import { storeValidation } from '../../lambdas/runtime/validation.ts'
import { memoryTable } from '../../store/memory.ts'
import { createFleet } from '../../store/fleet.ts'
import { createStore } from '../../store/store.ts'
import { admit } from '../source/admit.ts'
import { readSource } from '../source/read.ts'
import type { CheckPorts } from './ports.ts'

/** The check's flow on a real store over the table in memory, with the example platform, and a host of its own. */

const platform = new URL('../../examples/platform/', import.meta.url)
export const source = 'policy-admin-services'

export async function checkWorld() {
  const clock = manualClock()
  const table = memoryTable()
  const store = createStore(table, { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const validate = storeValidation(store)
  const files = readdirSync(platform).map((path) => ({ path, text: readFileSync(new URL(path, platform), 'utf8') }))
  const apply = async (declared: readonly SourceFile[]) =>
    admit(store, 'apply', 'apply', (await validate(declared, 'apply')).resources)
  await apply(files)

  const runs: (CheckRun & { readonly repository: HostedRepository })[] = []
  const pulls = new Map<number, PullRequest>()
  const heads = new Map<string, SourceSnapshot>()
  const calls: string[] = []
  const checks: Checks = {
    pullRequest: (_, number) => {
      calls.push(`pull ${number}`)
      return Promise.resolve(pulls.get(number))
    },
    check: (repository, run) => {
      calls.push(`check ${run.commit}`)
      const before = runs.findIndex(({ commit, name }) => commit === run.commit && name === run.name)
      const told = { ...run, repository }
      if (before >= 0 && canonical(runs[before]) === canonical(told)) return Promise.resolve('unchanged')
      if (before >= 0) runs[before] = told
      else runs.push(told)
      return Promise.resolve('written')
    },
  }
  const ports: CheckPorts = {
    store,
    reader: {
      readRef: (_, ref) => {
        calls.push(`read ${ref}`)
        return Promise.resolve(heads.get(ref))
      },
    },
    checks,
    validate,
    installation: {
      name: 'test',
      account: '100000000001',
      region: 'eu-west-1',
      permissionsBoundary: 'fairway-boundary',
      secretRecoveryDays: 30,
      overlap: { least: 600_000, most: 86_400_000 },
    },
    specs,
    explains,
    brake: { workloads: 1, share: 0.1, systemShare: 0.25 },
    fleet: createFleet(table, { clock }),
  }
  let commits = 0
  const snapshot = (texts: Readonly<Record<string, string>>): SourceSnapshot => ({
    commit: String(++commits).padStart(40, '0'),
    branch: 'main',
    files: Object.entries(texts).map(([path, text]) => ({ path, text })),
    refused: [],
  })
  return {
    ports,
    store,
    clock,
    calls,
    runs,
    pulls,
    apply,
    /** Reads a push of exactly these files, as reconcile-source does. */
    async push(texts: Readonly<Record<string, string>>, name = source) {
      const head = snapshot(texts)
      return { commit: head.commit, read: await this.read(head, name) }
    },
    async read(head: SourceSnapshot, name = source) {
      const taken = await store.leases.acquire({ kind: 'Source', name }, `push ${head.commit} ${clock.now()}`)
      if (taken.result !== 'acquired') throw new Error(taken.result)
      const read = await readSource(
        {
          store,
          validate,
          bus: { publish: () => Promise.resolve() },
          clock,
          brake: ports.brake,
          fleet: createFleet(table, { clock }),
          portal: undefined as never,
          form: undefined as never,
          reader: { read: () => Promise.resolve(head), readRef: () => Promise.resolve(undefined) },
        },
        { source: name, fence: taken.fence, reason: 'push' },
      )
      await store.leases.release({ kind: 'Source', name }, taken.fence)
      return read
    },
    snapshot,
    /** A pull request with exactly these files at its head. */
    open(number: number, texts: Readonly<Record<string, string>>, more: Partial<SourceSnapshot> = {}) {
      const head = { ...snapshot(texts), ...more }
      heads.set(`refs/pull/${number}/head`, head)
      pulls.set(number, { number, open: true, head: head.commit, base: '0'.repeat(40) })
      return head.commit
    },
  }
}

export type CheckWorld = Awaited<ReturnType<typeof checkWorld>>

export function workloadYaml(name: string, spec: readonly string[] = [], system = 'policy-admin'): string {
  return [
    'apiVersion: fairway.dev/v1alpha1',
    'kind: Workload',
    `metadata: { name: ${name}, system: ${system} }`,
    'spec:',
    '  type: worker',
    '  containers: { main: { image: . } }',
    ...(spec.some((line) => line.startsWith('environments')) ? [] : ['  environments: { dev: {} }']),
    ...spec.map((line) => `  ${line}`),
    '',
  ].join('\n')
}
