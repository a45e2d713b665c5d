import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubernetesObject } from '../../domain/manifest.ts'

/**
 * As much of a Kubernetes API server as what confirms removals talks to: lists of Applications in pages, one ConfigMap
 * that is replaced by compare-and-swap, and RBAC as the Roles say that were applied.
 */
export interface KubernetesApi {
  readonly url: string
  readonly token: string
  /** `<METHOD> <path>` of every request, without the query. */
  readonly requests: string[]
  apply(objects: readonly KubernetesObject[]): void
  addApplication(object: KubernetesObject): void
  removeApplication(name: string): void
  configMap(namespace: string, name: string): StoredConfigMap | undefined
  /** Status to answer instead, where it gives one. */
  intercept: ((request: string) => number | undefined) | undefined
  stop(): Promise<void>
}

interface StoredConfigMap {
  readonly metadata: KubernetesObject['metadata'] & { readonly resourceVersion: string }
  readonly data?: Readonly<Record<string, string>>
}

interface Rule {
  readonly namespace: string
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

export async function startKubernetesApi(): Promise<KubernetesApi> {
  const applications = new Map<string, { readonly uid: string; readonly object: KubernetesObject }>()
  const configMaps = new Map<string, StoredConfigMap>()
  const rules: Rule[] = []
  let version = 0
  const token = randomUUID()

  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const url = new URL(request.url ?? '/', 'http://kubernetes')
    const method = request.method ?? 'GET'
    api.requests.push(`${method} ${url.pathname}`)
    const status = api.intercept?.(`${method} ${url.pathname}`)
    if (status !== undefined) return [status, { kind: 'Status' }]
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { kind: 'Status' }]
    const [, group = '', namespace = '', resource = '', name] =
      /^\/(?:api|apis\/([^/]+))\/[^/]+\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    const verb = method === 'PUT' ? 'update' : name === undefined ? 'list' : 'get'
    if (!rules.some((rule) => allows(rule, { group, namespace, resource, name, verb })))
      return [403, { kind: 'Status' }]
    if (resource === 'applications') return list(namespace, url.searchParams, request.headers.accept ?? '')
    const key = `${namespace}/${name}`
    const stored = configMaps.get(key)
    if (stored === undefined) return [404, { kind: 'Status' }]
    if (method === 'GET') return [200, { apiVersion: 'v1', kind: 'ConfigMap', ...stored }]
    const next = JSON.parse(await bodyOf(request)) as StoredConfigMap
    if (next.metadata.resourceVersion !== stored.metadata.resourceVersion) return [409, { kind: 'Status' }]
    configMaps.set(key, { ...next, metadata: { ...next.metadata, resourceVersion: String((version += 1)) } })
    return [200, configMaps.get(key)]
  }

  const list = (namespace: string, query: URLSearchParams, accept: string): readonly [number, unknown] => {
    const [key = '', value] = (query.get('labelSelector') ?? '').split('=')
    const matching = [...applications.values()].filter(
      ({ object: { metadata } }) => metadata.namespace === namespace && metadata.labels?.[key] === value,
    )
    const from = Number(query.get('continue') ?? 0)
    const to = from + Math.min(Number(query.get('limit')), pageSize)
    const items = matching.slice(from, to).map(({ uid, object }) => ({ metadata: { ...object.metadata, uid } }))
    const kind = accept.includes('as=PartialObjectMetadataList') ? 'PartialObjectMetadataList' : 'ApplicationList'
    return [200, { kind, metadata: to < matching.length ? { continue: String(to) } : {}, items }]
  }

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))

  const api: KubernetesApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    requests: [],
    intercept: undefined,
    apply(objects) {
      for (const object of objects) {
        const { name, namespace = '' } = object.metadata
        const stored = configMaps.get(`${namespace}/${name}`)
        if (object.kind === 'ConfigMap') {
          const metadata = { ...object.metadata, resourceVersion: String((version += 1)) }
          // `kubectl apply` leaves alone what the manifest does not name.
          configMaps.set(`${namespace}/${name}`, { ...stored, ...object, metadata })
        }
        if (object.kind === 'Application') api.addApplication(object)
        if (object.kind === 'Role') {
          const granted = (object as KubernetesObject & { readonly rules: readonly Omit<Rule, 'namespace'>[] }).rules
          rules.push(...granted.map((rule) => ({ ...rule, namespace })))
        }
      }
    },
    addApplication(object) {
      const { name } = object.metadata
      applications.set(name, { uid: applications.get(name)?.uid ?? randomUUID(), object })
    },
    removeApplication: (name) => void applications.delete(name),
    configMap: (namespace, name) => configMaps.get(`${namespace}/${name}`),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return api
}

/** Small, so that a test of a few Applications has several pages. */
const pageSize = 2

function allows(
  rule: Rule,
  asked: { group: string; namespace: string; resource: string; name: string | undefined; verb: string },
): boolean {
  return (
    rule.namespace === asked.namespace &&
    rule.apiGroups.includes(asked.group) &&
    rule.resources.includes(asked.resource) &&
    rule.verbs.includes(asked.verb) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(asked.name ?? ''))
  )
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
