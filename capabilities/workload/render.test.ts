import { describe, expect, it } from 'vitest'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import { versionedSecretName } from '../../domain/names.ts'
import type { RenderInputs } from '../../domain/outputs.ts'
import { emit } from '../../manifests/write.ts'
import { entry, natsOutput, outputs, sidecar, subject } from './fixture.ts'
import { workload } from './index.ts'
import type { Subject } from './spec.ts'

const service = {
  type: 'service',
  containers: { main: { image: '.' } },
  service: { ports: { http: { port: 80, targetPort: 8080 } } },
  environments: { dev: {}, prod: {} },
}
const worker = { type: 'worker', containers: { main: { image: '.' } }, environments: { dev: {} } }
const cronjob = {
  type: 'cronjob',
  containers: { main: { image: '.' } },
  schedule: { cron: '0 3 * * *' },
  environments: { dev: {} },
}

describe('which objects there are', () => {
  it('a workload whose image is not known has a Service and policies, and nothing that runs it', () => {
    const closed = subject(service, 'dev', { networkPolicies: {} })
    expect(kinds(closed, { deployable: false, ecr: { ...outputs().ecr, images: {} } })).toEqual([
      'Service',
      'NetworkPolicy',
    ])
    expect(kinds(subject(cronjob), { deployable: false })).toEqual([])
  })

  it('a retired workload has no objects', () => {
    const { spec: _, ...retired } = subject(service)
    expect(workload.render(retired, outputs())).toEqual([])
  })

  it('a worker has no Service, a cronjob has neither Deployment nor disruption budget', () => {
    expect(kinds(subject(worker))).toEqual(['Deployment', 'PodDisruptionBudget'])
    expect(kinds(subject(cronjob))).toEqual(['CronJob'])
  })

  it('there is no NetworkPolicy unless the system switches them on', () => {
    expect(kinds(subject(service))).not.toContain('NetworkPolicy')
  })

  it('an image that is missing although the workload is called deployable is an error, not an empty reference', () => {
    const { ecr } = outputs()
    expect(() => workload.render(subject(service), outputs({ ecr: { ...ecr, images: {} } }))).toThrow(/no image/)
  })
})

describe('scaling', () => {
  it('with an autoscaler the Deployment names no number of replicas, so a sync does not fight it', () => {
    const scaled = subject({ ...service, scaling: { min: 2, max: 6 } })
    expect(deployment(scaled).spec).not.toHaveProperty('replicas')
    expect(find(scaled, 'HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 2, maxReplicas: 6 })
  })

  it('between equal bounds there is no autoscaler and the Deployment names the number', () => {
    for (const scaling of [{ min: 3 }, { min: 3, max: 3 }]) {
      const fixed = subject({ ...service, scaling })
      expect(kinds(fixed)).not.toContain('HorizontalPodAutoscaler')
      expect(deployment(fixed).spec?.replicas).toBe(3)
    }
  })

  it('every container has a CPU request for the percentage to be of, and none above its limit', () => {
    const containers = {
      main: { image: '.' },
      limited: { image: sidecar, resources: { limits: { cpu: '50m' } } },
    }
    const [main, limited] = pod(subject({ ...service, containers })).containers
    expect(main?.resources).toEqual({ requests: { cpu: '100m', memory: '128Mi' } })
    // The API server takes the limit as the request where there is none.
    expect(limited?.resources).toEqual({ requests: { memory: '128Mi' }, limits: { cpu: '50m' } })
  })
})

describe('what makes a rollout', () => {
  it('selectors depend on the identity alone: the API server refuses to change them', () => {
    const other = {
      ...subject({ ...service, scaling: { min: 4, max: 9 } }, 'dev', { team: 'others', networkPolicies: {} }),
      incarnation: 7,
    }
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget']) {
      expect(find(other, kind).spec).toHaveProperty('selector')
      expect((find(other, kind).spec as { selector: unknown }).selector).toEqual(
        (find(subject(service), kind).spec as { selector: unknown }).selector,
      )
    }
  })

  it('that a system changes hands restarts nothing', () => {
    const before = deployment(subject(service, 'dev', { team: 'policies' }))
    const after = deployment(subject(service, 'dev', { team: 'claims' }))
    expect(after.spec?.template).toEqual(before.spec?.template)
    expect(after.metadata?.labels).toHaveProperty('fairway.dev/team', 'claims')
  })

  it('a new version of a secret is another Secret in the pod, so it is a rolling update and never a surprise', () => {
    const secretOf = (...versions: string[]) => {
      const rendered = pod(subject(service), { secrets: { entries: [entry('session', ['value'], ...versions)] } })
      return rendered.volumes?.find(({ name }) => name === 'secret-session')?.secret?.secretName
    }
    expect(secretOf('v1', 'v2')).toBe(versionedSecretName('quotes', 'session', 'v2', ['value']))
    expect(secretOf('v1', 'v2')).not.toBe(secretOf('v1'))
    expect(secretOf('v0', 'v1')).toBe(secretOf('v1'))
  })

  it('the same spec with its keys in another order is the same bytes', () => {
    const ports = { http: { port: 80 }, admin: { port: 81 } }
    const variables = { B: '2', A: '1' }
    const containers = { main: { image: '.', variables }, side: { image: sidecar } }
    const given = { ...service, containers, service: { ports } }
    expect(texts(subject(reversed(given) as object))).toEqual(texts(subject(given)))
  })
})

describe('credentials', () => {
  const withSecrets = {
    nats: natsOutput,
    secrets: { entries: [entry('session', ['value'], 'v1'), entry('stripe', ['apiKey'])] },
  }

  it('every container finds each delivered entry as read-only files that its group may read', () => {
    const { containers, volumes, securityContext } = pod(subject(service), withSecrets)
    expect(containers[0]?.volumeMounts).toEqual(
      expect.arrayContaining([
        { name: 'secret-nats', mountPath: '/var/run/fairway/nats', readOnly: true },
        { name: 'secret-session', mountPath: '/var/run/fairway/session', readOnly: true },
      ]),
    )
    expect(volumes?.find(({ name }) => name === 'secret-nats')?.secret?.defaultMode).toBe(0o440)
    expect(securityContext?.fsGroup).toBeGreaterThan(0)
  })

  it('an entry without a version is not mounted: no Secret of it exists', () => {
    expect(JSON.stringify(pod(subject(service), withSecrets))).not.toContain('stripe')
  })

  it('NATS variables name a file, and are there only with NATS', () => {
    const env = (extra: Partial<RenderInputs>) => pod(subject(service), extra).containers[0]?.env ?? []
    expect(env(withSecrets)).toEqual(
      expect.arrayContaining([
        { name: 'NATS_URL', value: natsOutput.url },
        { name: 'NATS_CREDS', value: '/var/run/fairway/nats/nats.creds' },
        { name: 'NATS_INBOX_PREFIX', value: '_INBOX_policy-admin_quotes' },
      ]),
    )
    expect(env({}).filter(({ name }) => name.startsWith('NATS'))).toEqual([])
  })
})

describe('containers', () => {
  it('“.” is the environment’s own image by digest, and another image stays as declared', () => {
    const { ecr } = outputs()
    const images = { dev: { digest: `sha256:${'d'.repeat(64)}` }, prod: { digest: `sha256:${'e'.repeat(64)}` } }
    const containers = { main: { image: '.' }, side: { image: sidecar } }
    const rendered = pod(subject({ ...service, containers }, 'prod'), { ecr: { ...ecr, images } })
    expect(rendered.containers.map(({ image }) => image)).toEqual([
      `${ecr.repositoryUri}@sha256:${'e'.repeat(64)}`,
      sidecar,
    ])
  })

  it('`main` comes first whatever the others are called, and only it has the ports', () => {
    const containers = { aaa: { image: sidecar }, main: { image: '.' } }
    const rendered = pod(subject({ ...service, containers })).containers
    expect(rendered.map(({ name, ports }) => [name, ports?.length])).toEqual([
      ['main', 1],
      ['aaa', undefined],
    ])
  })

  it('two ports of the Service that lead to one of the container declare it once', () => {
    const ports = { http: { port: 80, targetPort: 8080 }, legacy: { port: 8000, targetPort: 8080 } }
    const given = subject({ ...service, service: { ports } })
    expect(pod(given).containers[0]?.ports).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }])
    expect(find(given, 'Service').spec).toMatchObject({
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'legacy', port: 8000, targetPort: 8080 },
      ],
    })
  })

  it('`writable` and /tmp are each mounted once, per container', () => {
    const containers = {
      main: { image: '.', writable: ['/var/cache/app', '/tmp'] },
      side: { image: sidecar },
    }
    const rendered = pod(subject({ ...service, containers }))
    expect(rendered.containers.map((one) => one.volumeMounts?.map(({ mountPath }) => mountPath))).toEqual([
      ['/tmp', '/var/cache/app'],
      ['/tmp'],
    ])
    expect(new Set(rendered.volumes?.map(({ name }) => name)).size).toBe(3)
  })

  it('what runs beside a cronjob does not keep its run from ending', () => {
    const containers = { main: { image: '.' }, proxy: { image: sidecar } }
    const rendered = pod(subject({ ...cronjob, containers }))
    expect(rendered.containers.map(({ name }) => name)).toEqual(['main'])
    expect(rendered.initContainers).toMatchObject([{ name: 'proxy', restartPolicy: 'Always' }])
  })
})

function objects(given: Subject, extra: Partial<RenderInputs> = {}) {
  return workload.render(given, outputs(extra)).map(({ object }) => object)
}

function kinds(given: Subject, extra: Partial<RenderInputs> = {}) {
  return objects(given, extra).map(({ kind }) => kind)
}

function find(given: Subject, kind: string, extra: Partial<RenderInputs> = {}) {
  return objects(given, extra).find((object) => object.kind === kind) as unknown as { spec: object }
}

function deployment(given: Subject): IDeployment {
  return find(given, 'Deployment') as IDeployment
}

function pod(given: Subject, extra: Partial<RenderInputs> = {}): IPodSpec {
  const template =
    given.spec?.type === 'cronjob'
      ? (find(given, 'CronJob', extra) as ICronJob).spec?.jobTemplate.spec?.template
      : (find(given, 'Deployment', extra) as IDeployment).spec?.template
  return template?.spec as IPodSpec
}

function texts(given: Subject) {
  return objects(given).map(emit)
}

function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  )
}
