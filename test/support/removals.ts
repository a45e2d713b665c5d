import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removalObjects } from '../../capabilities/argocd/removals.ts'
import { controlProject, rootApplication } from '../../capabilities/argocd/root.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { startKubernetesApi, type KubernetesApi } from './kubernetesapi.ts'

export interface RemovalWatch {
  readonly kubernetes: KubernetesApi
  /** One start of the CronJob, in a process of its own. Answers its exit status and what it said. */
  start(): Promise<{ readonly code: number; readonly output: string }>
  /** Lines that it remembers. */
  remembered(): readonly string[]
  readonly directory: string
  stop(): Promise<void>
}

const source = new URL('../../capabilities/argocd/confirmremovals.ts', import.meta.url)

/** What `fairway bootstrap` makes for removals, applied, with the program and the settings as they are in the pod. */
export async function startRemovalWatch(
  cluster: NamedCluster,
  options: { readonly webhooks: string; readonly secret: string },
): Promise<RemovalWatch> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-removals-'))
  const kubernetes = await startKubernetesApi()
  const program = await readFile(source, 'utf8')
  const webhooks = 'https://fairway.example'
  const objects = removalObjects({ cluster, webhooks, image: 'node', program })
  kubernetes.apply([controlProject(cluster), rootApplication(cluster), ...objects])
  await writeFile(join(directory, 'token'), kubernetes.token)
  await writeFile(join(directory, 'secret'), `${options.secret}\n`)
  const mounted = objects.find(({ metadata }) => metadata.name.endsWith('.program')) as KubernetesObject & {
    readonly data: Readonly<Record<string, string>>
  }
  const [file = '', text = ''] = Object.entries(mounted.data)[0] ?? []
  await writeFile(join(directory, file), text)
  const settings = {
    ...settingsOf(objects),
    api: kubernetes.url,
    account: directory,
    secret: join(directory, 'secret'),
  }
  const FAIRWAY_REMOVALS = JSON.stringify({
    ...settings,
    webhook: settings.webhook.replace(webhooks, options.webhooks),
  })
  return {
    kubernetes,
    directory,
    start: () =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], FAIRWAY_REMOVALS }
        execFile(process.execPath, [join(directory, file)], { env }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
        )
      }),
    remembered: () => {
      const [namespace = '', name = ''] = settings.memory.split('/')
      return (kubernetes.configMap(namespace, name)?.data?.['applications'] ?? '').split('\n').filter(Boolean)
    },
    async stop() {
      await kubernetes.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface Given {
  readonly memory: string
  readonly webhook: string
}

function settingsOf(objects: readonly KubernetesObject[]): Given {
  const job = objects.find(({ kind }) => kind === 'CronJob') as unknown as {
    readonly spec: {
      readonly jobTemplate: {
        readonly spec: {
          readonly template: {
            readonly spec: {
              readonly containers: readonly { readonly env: readonly { name: string; value: string }[] }[]
            }
          }
        }
      }
    }
  }
  const [container] = job.spec.jobTemplate.spec.template.spec.containers
  return JSON.parse(container?.env.find(({ name }) => name === 'FAIRWAY_REMOVALS')?.value ?? '') as Given
}
