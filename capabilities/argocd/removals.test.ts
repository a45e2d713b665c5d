import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { checkManifest, podSecurityViolations } from '../../test/support/crds.ts'
import { startRemovalWatch, type RemovalWatch } from '../../test/support/removals.ts'
import { cluster, hub, subject } from './fixture.ts'
import { argocd } from './index.ts'
import { removalObjects } from './removals.ts'

interface Told {
  readonly path: string
  readonly delivery: string
  readonly body: unknown
  readonly signed: boolean
}

const key = 'key of the tests'
const at = cluster('prod', hub)

let watch: RemovalWatch
let told: Told[]
/** What Fairway answers. */
let status: number
let stopFairway: () => void

beforeEach(async () => {
  told = []
  status = 202
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
      told.push({
        path: request.url ?? '',
        delivery: String(request.headers['x-fairway-delivery']),
        body: JSON.parse(body.toString()),
        signed: request.headers['x-fairway-signature-256'] === signature,
      })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  stopFairway = () => void server.close()
  const webhooks = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  watch = await startRemovalWatch(at, { webhooks, secret: key })
})

afterEach(async () => {
  stopFairway()
  await watch.stop()
})

function applicationOf(workload: string, where = at): KubernetesObject {
  return argocd.render({ ...subject(where), workload }, {})[0]?.object as KubernetesObject
}

function deploy(...workloads: readonly string[]): void {
  for (const workload of workloads) watch.kubernetes.addApplication(applicationOf(workload))
}

function remove(workload: string): void {
  watch.kubernetes.removeApplication(applicationOf(workload).metadata.name)
}

const memory = '/api/v1/namespaces/fairway/configmaps/removals-prod'
const list = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'

describe('an Application that is gone', () => {
  it('is confirmed to Fairway, signed, as the workload that it was', async () => {
    deploy('quotes', 'mailer')
    expect((await watch.start()).code).toBe(0)
    expect(told).toEqual([])
    remove('quotes')
    expect((await watch.start()).code).toBe(0)
    const application = applicationOf('quotes').metadata.name
    expect(told).toMatchObject([
      {
        path: '/webhooks/argocd/prod',
        body: { application, system: 'policy-admin', workload: 'quotes' },
        signed: true,
      },
    ])
    expect(watch.remembered()).toEqual([expect.stringContaining(' policy-admin mailer ')])
  })

  it('is confirmed also when it was the last one', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    await watch.start()
    expect(told).toHaveLength(1)
    expect(watch.remembered()).toEqual([])
  })

  it('is confirmed again until Fairway takes it, as the same delivery', async () => {
    deploy('quotes', 'mailer')
    await watch.start()
    remove('quotes')
    status = 503
    expect(await watch.start()).toMatchObject({ code: 1, output: expect.stringContaining('answered 503') })
    deploy('later')
    expect((await watch.start()).code).toBe(1)
    expect(watch.remembered().join()).toContain(' later ')
    status = 202
    expect((await watch.start()).code).toBe(0)
    expect((await watch.start()).code).toBe(0)
    expect(told).toHaveLength(3)
    expect(new Set(told.map(({ delivery }) => delivery)).size).toBe(1)
  })

  it('a redirect is no acceptance', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    status = 302
    expect((await watch.start()).code).toBe(1)
    expect(watch.remembered()).toHaveLength(1)
  })

  it('is the same delivery when the run dies, or meets another one, before it has written what it remembers', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    for (const failure of [500, 409]) {
      watch.kubernetes.intercept = (request) => (request === `PUT ${memory}` ? failure : undefined)
      expect((await watch.start()).code).toBe(1)
    }
    watch.kubernetes.intercept = undefined
    expect((await watch.start()).code).toBe(0)
    expect(new Set(told.map(({ delivery }) => delivery)).size).toBe(1)
  })

  it('of the same workload, at another time, is another delivery', async () => {
    for (let round = 0; round < 2; round++) {
      deploy('quotes')
      await watch.start()
      remove('quotes')
      await watch.start()
    }
    expect(new Set(told.map(({ delivery }) => delivery)).size).toBe(2)
  })
})

describe('nothing is confirmed', () => {
  it('while the Application is there again, under whatever uid', async () => {
    deploy('quotes')
    await watch.start()
    const [before] = watch.remembered()
    remove('quotes')
    deploy('quotes')
    await watch.start()
    expect(told).toEqual([])
    expect(watch.remembered()).not.toEqual([before])
  })

  it.each([403, 404, 503])('when Kubernetes answers %i instead of a list', async (failure) => {
    deploy('quotes')
    await watch.start()
    watch.kubernetes.intercept = (request) => (request === `GET ${list}` ? failure : undefined)
    expect(await watch.start()).toMatchObject({ code: 1, output: expect.stringContaining(String(failure)) })
    expect(told).toEqual([])
    expect(watch.remembered()).toHaveLength(1)
  })

  it('when a later page of the list fails', async () => {
    deploy('a', 'b', 'c', 'd')
    await watch.start()
    let pages = 0
    watch.kubernetes.intercept = (request) => (request === `GET ${list}` && ++pages > 1 ? 410 : undefined)
    expect((await watch.start()).code).toBe(1)
    expect(told).toEqual([])
  })

  it('when the root Application is gone too: Argo CD is being installed anew, or is elsewhere', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    watch.kubernetes.removeApplication('prod-fairway-root')
    expect(await watch.start()).toMatchObject({ code: 1, output: expect.stringContaining('nothing is concluded') })
    expect(told).toEqual([])
  })

  it('when nobody answers, and nothing is forgotten then', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    stopFairway()
    expect(await watch.start()).toMatchObject({ code: 1, output: expect.stringContaining('did not answer') })
    expect(watch.remembered()).toHaveLength(1)
  })

  it('with a secret that is empty; and what it holds is never said (P3)', async () => {
    deploy('quotes')
    await watch.start()
    remove('quotes')
    await writeFile(join(watch.directory, 'secret'), '\n')
    expect((await watch.start()).code).toBe(1)
    expect(told).toEqual([])
    await writeFile(join(watch.directory, 'secret'), 'wrong key')
    status = 401
    const { code, output } = await watch.start()
    expect(code).toBe(1)
    expect(output).not.toContain('wrong key')
    expect(watch.remembered()).toHaveLength(1)
  })

  it('for a cluster that shares the hub, nor for what is not Fairway’s', async () => {
    const foreign = applicationOf('theirs')
    const labels = { ...foreign.metadata.labels, 'app.kubernetes.io/managed-by': 'somebody' }
    const other = applicationOf('quotes', cluster('dev', { argocd: { mode: 'hub', destination: 'eks-dev' } }))
    watch.kubernetes.addApplication({ ...foreign, metadata: { ...foreign.metadata, labels } })
    watch.kubernetes.addApplication(other)
    await watch.start()
    expect(watch.remembered()).toEqual([])
  })
})

it('P1: when nothing changed, nothing is written', async () => {
  deploy('quotes', 'mailer', 'report')
  await watch.start()
  watch.kubernetes.requests.length = 0
  expect((await watch.start()).code).toBe(0)
  expect(watch.kubernetes.requests.filter((request) => !request.startsWith('GET '))).toEqual([])
})

it('applying it again leaves what is remembered', async () => {
  deploy('quotes')
  await watch.start()
  watch.kubernetes.apply(removalObjects({ cluster: at, webhooks: 'https://x', image: 'node', program: 'x' }))
  expect(watch.remembered()).toHaveLength(1)
})

describe('what is applied', () => {
  const objects = removalObjects({ cluster: at, webhooks: 'https://fairway.example/', image: 'node', program: 'x' })

  it('is valid for the API server and meets the restricted Pod Security Standard', () => {
    for (const object of objects) {
      expect(checkManifest(object)).toEqual([])
      expect(podSecurityViolations(object)).toEqual([])
    }
  })

  it('may read Applications and replace one ConfigMap, and nothing else', () => {
    const rules = objects.flatMap((object) => ('rules' in object ? (object.rules as unknown[]) : []))
    expect(rules).toEqual([
      { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['removals-prod'], verbs: ['get', 'update'] },
    ])
    expect(objects.map(({ kind }) => kind)).not.toContain('ClusterRole')
  })

  it('is another set for each cluster of a hub, in one namespace', () => {
    const other = removalObjects({ cluster: cluster('dev', hub), webhooks: 'https://x', image: 'node', program: 'x' })
    const names = (all: readonly KubernetesObject[]) =>
      all.filter(({ kind }) => kind !== 'Namespace').map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(names(other).filter((name) => names(objects).includes(name))).toEqual([])
    expect(other.find(({ kind }) => kind === 'Namespace')).toEqual(objects.find(({ kind }) => kind === 'Namespace'))
  })
})
