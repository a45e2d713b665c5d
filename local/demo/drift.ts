import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bold, dim, green, red } from 'yoctocolors'
import { Terminal } from '../../domain/errors.ts'
import type { RecordedFinding } from '../../domain/fleet.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import type { ControlPlane } from '../controlplane.ts'
import { localName } from '../remotes.ts'
import { gitIn } from './source.ts'

/** What somebody broke by hand, how it was named, and when it was put right. */
export interface DemoDrift {
  readonly file: string
  readonly found: readonly Pick<RecordedFinding, 'kind' | 'where'>[]
  /** ISO 8601; absent: it was not. */
  readonly repairedAt?: string
}

/** The sweep starts what drifted, and runs every second here. */
const patience = 30_000

/** Somebody deletes a manifest from a cluster repository: a look names it, and the sweep has it put back. */
export async function breakByHand(
  controlPlane: ControlPlane,
  options: { readonly workload: string; readonly cluster: string; readonly print: (line: string) => void },
): Promise<DemoDrift> {
  const { workload, cluster, print } = options
  const spec = (await controlPlane.store.get({ kind: 'Cluster', name: cluster }))?.spec as ClusterSpec
  const { url, branch } = spec.repository
  const file = `manifests/${workload}/deployment.yaml`
  const began = new Date().toISOString()
  await deleteFile(`${controlPlane.url}/repos/${localName(url)}.git`, branch, file)
  print(`\n${bold('by hand')}   somebody deletes ${file} from ${localName(url)}`)
  await controlPlane.operate({ operation: 'look', shard: `repository/${branch}/${url}` })
  await controlPlane.settle()
  const { drift } = await controlPlane.operate({ operation: 'drift', system: workload.split('/')[0] ?? '' })
  const findings = (drift?.shards ?? []).flatMap((shard) => shard.findings)
  for (const { kind, where, what } of findings) print(`${bold('drift')}     ${kind} ${where}: ${dim(what)}`)
  const repairedAt = await repaired(controlPlane, workload, began)
  print(repairedAt === undefined ? red('not repaired') : `${bold('repaired')}  ${green(repairedAt)}`)
  const found = findings.map(({ kind, where }) => ({ kind, where }))
  return { file, found, ...(repairedAt === undefined ? {} : { repairedAt }) }
}

async function repaired(controlPlane: ControlPlane, name: string, since: string): Promise<string | undefined> {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const at = (await controlPlane.store.get({ kind: 'Workload', name }))?.repaired?.at
    if (at !== undefined && at >= since) return at
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return undefined
}

async function deleteFile(url: string, branch: string, file: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-by-hand-'))
  const git = gitIn(directory)
  try {
    await git('clone', '--quiet', '--depth', '1', '--branch', branch, url, '.')
    await git('rm', '--quiet', file).catch((cause: unknown) => {
      throw new Terminal(`${file} is not on ${branch}`, { cause, fix: 'run the demo without --drift first' })
    })
    await git('commit', '--quiet', '--message', 'Clean up')
    await git('push', '--quiet', url, `HEAD:refs/heads/${branch}`)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
