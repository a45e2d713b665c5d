import { stringify } from 'yaml'

/** A fleet as the sweep is measured on: the same for the same number of workloads, in every run. */
export interface Shape {
  readonly workloads: number
  readonly systems: readonly string[]
  readonly clusters: readonly FleetCluster[]
}

export interface FleetCluster {
  readonly name: string
  readonly account: string
  readonly repository: string
}

export const home = { account: '100000000001', region: 'eu-west-1' }

/** EKS has room for 5,000 Pod Identity associations in a cluster, and IAM by default for 1,000 roles in an account. */
const mostInCluster = 2_500
/** Each System is open to four clusters. */
const openTo = 4

export function shapeOf(workloads: number): Shape {
  const tens = Math.max(1, Math.ceil(workloads / (mostInCluster * openTo)))
  return {
    workloads,
    systems: Array.from({ length: 40 * tens }, (_, index) => `s${padded(index, 3)}`),
    clusters: Array.from({ length: openTo * tens }, (_, index) => ({
      name: `c${padded(index, 2)}`,
      account: index === 0 ? home.account : `2000000000${padded(index, 2)}`,
      repository: `https://git.example/cluster-c${padded(index, 2)}.git`,
    })),
  }
}

/** Text of a System, of all Clusters, and of the Source that declares all workloads. */
export function platformFiles({ systems, clusters }: Shape): { readonly path: string; readonly text: string }[] {
  const objects = [
    resource('Source', 'fleet', { type: 'git', url: 'https://git.example/fleet.git' }),
    ...clusters.map(({ name, account, repository }) =>
      resource('Cluster', name, {
        environment: name,
        aws: { account, region: home.region, cluster: name },
        identity: 'pod-identity',
        repository: { url: repository, branch: 'main' },
        argocd: { mode: 'local' },
        nats: { url: `tls://nats.${name}.example:4222` },
      }),
    ),
    ...systems.map((name, index) => {
      const environments = clustersOf(clusters, index).map((cluster) => cluster.name)
      const allow = [{ actions: ['s3:GetObject', 's3:PutObject'], resources: [`arn:aws:s3:::${name}-*`] }]
      return resource('System', name, {
        description: `System ${name} of the bench.`,
        team: name,
        costCentre: 'CC-1',
        sources: ['fleet'],
        environments,
        aws: { allow },
        nats: { prefixes: [name] },
        deletionPolicy: 'delete',
      })
    }),
  ]
  return objects.map((object, index) => ({ path: `platform/${index}.yaml`, text: stringify(object) }))
}

/** One placement, one role, one other secret; every second one with NATS. A seventh is not like its neighbours. */
export function workloadManifest({ systems, clusters }: Shape, index: number): string {
  const at = index % systems.length
  const system = systems[at] ?? ''
  // All that are of one System go round its clusters.
  const round = Math.floor(index / systems.length)
  const cluster = clustersOf(clusters, at)[round % openTo]?.name ?? ''
  const type = index % 7 === 3 ? 'cronjob' : index % 7 === 5 ? 'worker' : 'service'
  const name = `w${padded(index, 6)}`
  const object = resource('Workload', name, {
    type,
    containers: { main: { image: '.', variables: { LOG_LEVEL: 'info', NUMBER: String(index) } } },
    ...(type === 'service' ? { service: { ports: { http: { port: 80, targetPort: 8080 } } } } : {}),
    ...(type === 'cronjob' ? { schedule: { cron: `${index % 60} 3 * * *` } } : { scaling: { min: 2, max: 4 } }),
    environments: { [cluster]: {} },
    aws: { statements: [{ actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${system}-${name}/*`] }] },
    secrets: { session: { generate: { length: 24 } } },
    ...(Math.floor(round / openTo) % 2 === 0
      ? { nats: { publish: [`${system}.${name}.done`], subscribe: [`${system}.${name}.asked`] } }
      : {}),
  })
  return stringify({ ...object, metadata: { name, system } })
}

function resource(kind: string, name: string, spec: object) {
  return { apiVersion: 'fairway.dev/v1alpha1', kind, metadata: { name }, spec }
}

function clustersOf(clusters: readonly FleetCluster[], system: number): readonly FleetCluster[] {
  const groups = Math.ceil(clusters.length / openTo)
  const group = system % groups
  return clusters.slice(group * openTo, (group + 1) * openTo)
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}
