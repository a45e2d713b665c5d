import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { safeJoin } from '../domain/paths.ts'

const run = promisify(execFile)

/**
 * Stands in for Argo CD where there is no cluster: it looks at the cluster repositories after a push, and for an
 * Application that vanished sends the signed notification that the objects are gone.
 */
export interface ArgoStandIn {
  /** Looks at one repository, or at all of them. */
  look(repository?: string): Promise<void>
}

export function createArgoStandIn(options: {
  readonly repositories: string
  readonly state: string
  /** The clusters of a repository: name, branch and directory. */
  readonly clusters: (
    repository: string,
  ) => Promise<readonly { readonly name: string; readonly branch: string; readonly path: string }[]>
  readonly notify: (cluster: string, body: string, signature: (secret: string) => string) => Promise<void>
}): ArgoStandIn {
  let turn = Promise.resolve()
  return {
    look(repository) {
      turn = turn.then(async () => {
        await mkdir(options.state, { recursive: true })
        const all = repository
          ? [repository]
          : (await readdir(options.repositories)).map((name) => name.replace(/\.git$/, ''))
        for (const name of all) await compare(name)
      })
      return turn
    },
  }

  async function compare(repository: string): Promise<void> {
    for (const cluster of await options.clusters(repository)) {
      const file = join(options.state, `${cluster.name}.json`)
      const before = await read(file)
      const now = await applications(join(options.repositories, `${repository}.git`), cluster)
      for (const workload of before.filter((id) => !now.includes(id))) {
        const [system, name] = workload.split('/')
        const body = JSON.stringify({ application: name, system, workload: name })
        await options.notify(
          cluster.name,
          body,
          (secret) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        )
      }
      if (JSON.stringify(before) === JSON.stringify(now)) continue
      await writeFile(`${file}.next`, JSON.stringify(now))
      await rename(`${file}.next`, file)
    }
  }
}

/** `system/workload` of every Application on the branch; none while there is no branch yet. */
async function applications(
  repository: string,
  cluster: { readonly branch: string; readonly path: string },
): Promise<readonly string[]> {
  const root = cluster.path === '' ? 'applications' : safeJoin(cluster.path, 'applications')
  const listing = await run('git', [
    '--git-dir',
    repository,
    'ls-tree',
    '-r',
    '--name-only',
    '-z',
    `refs/heads/${cluster.branch}`,
    '--',
    root,
  ]).catch(() => undefined)
  const pattern = /applications\/([^/]+)\/workloads\/([^/_][^/]*)\.yaml$/
  return (listing?.stdout ?? '')
    .split('\0')
    .flatMap((path) => {
      const match = pattern.exec(path)
      return match ? [`${match[1]}/${match[2]}`] : []
    })
    .toSorted()
}

async function read(file: string): Promise<readonly string[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as string[]
  } catch {
    return []
  }
}
