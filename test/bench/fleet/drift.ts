import { PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr'
import { DeletePodIdentityAssociationCommand, ListPodIdentityAssociationsCommand } from '@aws-sdk/client-eks'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { namespaceOf, parseWorkloadId, roleName, secretName, tagKeys } from '../../../domain/names.ts'
import type { WorkloadRecord } from '../../../domain/records.ts'
import { home, type FleetCluster } from './shape.ts'
import type { BenchWorld } from './world.ts'

/** Somebody changes something of every hundredth workload by hand, each time something else. Answers of how many. */
export async function drift(world: BenchWorld): Promise<number> {
  const records = (await world.core.store.list('Workload')).filter((_, index) => index % 100 === 0)
  for (const [index, record] of records.entries()) {
    const change = changes[index % changes.length]
    const cluster = world.shape.clusters.find(({ name }) => record.status.placements[name] !== undefined)
    if (change && cluster) await change(world, record, cluster)
  }
  return records.length
}

type ByHand = (world: BenchWorld, record: WorkloadRecord, cluster: FleetCluster) => Promise<unknown>

const changes: readonly ByHand[] = [
  ({ aws }, { name }) =>
    aws.outside
      .ecr(home)
      .send(new PutImageTagMutabilityCommand({ repositoryName: name, imageTagMutability: 'MUTABLE' })),
  ({ aws }, { name }, { name: cluster, account }) => {
    const { system, workload } = parseWorkloadId(name)
    const trust = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
    }
    const RoleName = roleName('bench', cluster, system, workload)
    const PolicyDocument = JSON.stringify(trust)
    return aws.outside.iam({ account }).send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
  },
  async ({ aws }, { name }, { name: clusterName, account }) => {
    const { system, workload } = parseWorkloadId(name)
    const eks = aws.outside.eks({ account })
    const holder = { clusterName, namespace: namespaceOf(system), serviceAccount: workload }
    const { associations = [] } = await eks.send(new ListPodIdentityAssociationsCommand(holder))
    const associationId = associations[0]?.associationId
    return eks.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId }))
  },
  ({ aws }, { name }, { name: cluster, account }) => {
    const { system, workload } = parseWorkloadId(name)
    const SecretId = secretName('bench', cluster, system, workload, 'session')
    return aws.outside.secretsManager({ account }).send(new UntagResourceCommand({ SecretId, TagKeys: [tagKeys.team] }))
  },
  ({ host }, { name }, { repository }) => {
    const found = host.repository(repository)
    const head = found.commit(found.branches.get('main') ?? '')
    const path = [...(head?.files.keys() ?? [])].find((one) => one.startsWith(`manifests/${name}/`)) ?? ''
    found.write('main', { [path]: '# by hand\n' }, 'by hand')
    return Promise.resolve()
  },
]
