import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The program of the CronJob in removals.ts: tells Fairway which of its workloads' Applications are gone. Argo CD
 * removes an Application when all that it applied is deleted (its finalizer), and cannot say so itself: its
 * notifications carry no signature, and fire when the deletion begins.
 *
 * Stands alone, because a ConfigMap brings it into the cluster, where `node` runs it as it is.
 */

export interface Settings {
  /** The Kubernetes API, and the directory of the service account's `token`. */
  readonly api: string
  readonly account: string
  /** Namespace of Argo CD, the label value that tells this cluster's Applications, and the root one among them. */
  readonly argocd: string
  readonly cluster: string
  readonly root: string
  /** ConfigMap that remembers what was there, `namespace/name`. */
  readonly memory: string
  /** Where confirmations go, and the file of the secret that signs them. */
  readonly webhook: string
  readonly secret: string
}

interface Application {
  /** Another one for each Application that is made, also under the same name. */
  readonly uid: string
  readonly system: string
  readonly workload: string
  readonly name: string
}

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>
}

/** Longer than any answer of either should take, and well below the Job's deadline. */
const timeout = 30_000
const pageSize = 500

/**
 * Memory first, then what is there: the other way round, an Application that another run remembered in between would
 * seem to have vanished. One is forgotten only when Fairway has taken its confirmation; the memory is replaced only if
 * nobody else has replaced it since (Kubernetes compares the resource version).
 */
export async function confirmRemovals(settings: Settings, say: (line: string) => void): Promise<boolean> {
  const memory = (await kubernetes(settings, memoryPath(settings))) as ConfigMap
  const before = parse(memory.data?.['applications'] ?? '')
  const present = await listApplications(settings)
  const there = new Set(present.map(identity))
  const kept: Application[] = []
  for (const application of before.filter((one) => !there.has(identity(one)))) {
    const refused = await confirm(settings, application)
    say(`${identity(application)}: ${refused ?? 'its removal is confirmed'}`)
    if (refused !== undefined) kept.push(application)
  }
  const applications = format([...present, ...kept])
  if (applications !== format(before)) {
    const body = JSON.stringify({ ...memory, data: { ...memory.data, applications } })
    await kubernetes(settings, memoryPath(settings), { method: 'PUT', body })
  }
  say(`${present.length} Applications of cluster ${settings.cluster}, ${kept.length} confirmations not taken`)
  return kept.length === 0
}

/** What is wrong, or undefined when Fairway took it. The delivery is the Application's uid: a repeat is the same one. */
async function confirm(settings: Settings, { uid, system, workload, name }: Application): Promise<string | undefined> {
  const secret = (await readFile(settings.secret, 'utf8')).trimEnd()
  if (secret === '') throw new Error('the secret that signs confirmations is empty')
  const body = JSON.stringify({ application: name, system, workload })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  try {
    const answer = await fetch(settings.webhook, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-fairway-signature-256': `sha256=${signature}`,
        'x-fairway-delivery': uid,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    await answer.body?.cancel()
    return answer.ok ? undefined : `Fairway answered ${answer.status}`
  } catch (error) {
    return `Fairway did not answer: ${reasonOf(error)}`
  }
}

/**
 * All of them or an error: a list that is short for any other reason than that they are gone must not be taken for it.
 * A namespace that does not exist answers with an empty list, and so does an Argo CD that was just installed anew:
 * without the root Application nothing is concluded.
 */
async function listApplications(settings: Settings): Promise<readonly Application[]> {
  const found: Application[] = []
  let root = false
  let next = ''
  do {
    const query = new URLSearchParams({
      limit: String(pageSize),
      labelSelector: `fairway.dev/cluster=${settings.cluster}`,
    })
    if (next !== '') query.set('continue', next)
    const path = `/apis/argoproj.io/v1alpha1/namespaces/${settings.argocd}/applications?${query.toString()}`
    const page = (await kubernetes(settings, path, { headers: metadataOnly })) as {
      readonly kind?: string
      readonly metadata?: { readonly continue?: string }
      readonly items?: readonly {
        readonly metadata: { readonly name: string; readonly uid: string; readonly labels?: Labels }
      }[]
    }
    if (page.kind !== 'PartialObjectMetadataList' || page.items === undefined) {
      throw new Error('Kubernetes did not answer with a list of Applications')
    }
    for (const { metadata } of page.items) {
      const { [partOf]: system, [named]: workload, [managedBy]: manager } = metadata.labels ?? {}
      root ||= metadata.name === settings.root
      // Applications of systems have no workload's name.
      if (manager !== 'fairway' || system === undefined || workload === undefined) continue
      found.push({ uid: metadata.uid, system, workload, name: metadata.name })
    }
    next = page.metadata?.continue ?? ''
  } while (next !== '')
  if (!root) throw new Error(`the root Application ${settings.root} is not in ${settings.argocd}: nothing is concluded`)
  return found
}

type Labels = Readonly<Record<string, string>>
const partOf = 'app.kubernetes.io/part-of'
const named = 'app.kubernetes.io/name'
const managedBy = 'app.kubernetes.io/managed-by'

/** The metadata is enough: the status of an Application can be large. */
const metadataOnly = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }

async function kubernetes(
  settings: Settings,
  path: string,
  { headers, ...request }: Omit<RequestInit, 'headers'> & { readonly headers?: Labels } = {},
): Promise<unknown> {
  const token = (await readFile(join(settings.account, 'token'), 'utf8')).trim()
  const answer = await fetch(new URL(path, settings.api), {
    ...request,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
      ...headers,
    },
    redirect: 'error',
    signal: AbortSignal.timeout(timeout),
  })
  if (!answer.ok)
    throw new Error(`Kubernetes answered ${answer.status} to ${request.method ?? 'GET'} ${path.split('?')[0]}`)
  return answer.json()
}

function memoryPath({ memory }: Settings): string {
  const [namespace = '', name = ''] = memory.split('/')
  return `/api/v1/namespaces/${namespace}/configmaps/${name}`
}

function identity({ system, workload }: Application): string {
  return `${system}/${workload}`
}

/** `fetch` says why only in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** One line each, in order, so that equal lists are equal texts. */
function format(applications: readonly Application[]): string {
  return applications
    .map(({ uid, system, workload, name }) => `${uid} ${system} ${workload} ${name}\n`)
    .toSorted()
    .join('')
}

function parse(text: string): readonly Application[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [uid = '', system = '', workload = '', name = ''] = line.split(' ')
      return { uid, system, workload, name }
    })
}

const given = process.env['FAIRWAY_REMOVALS']
if (given !== undefined) {
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const done = await confirmRemovals(JSON.parse(given) as Settings, say).catch((error: unknown) => {
    say(reasonOf(error))
    return false
  })
  process.exitCode = done ? 0 : 1
}
