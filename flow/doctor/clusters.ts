import type { NamedCluster } from '../../domain/capability.ts'
import { partitionOf } from '../../domain/partition.ts'
import { failed, ok, warning, type Check, type Verdict } from './check.ts'
import { controllerCheck } from './externalsecrets.ts'
import type { AccountAccess, DoctorPorts } from './ports.ts'

type Ports = Pick<DoctorPorts, 'account'>

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html */
const agent = 'eks-pod-identity-agent'

/** What Fairway relies on and does not make: the cluster, how its pods get their roles, and the key of its secrets. */
export function clusterChecks(ports: Ports, clusters: readonly NamedCluster[]): readonly Check[] {
  return clusters.flatMap((cluster) => [
    active(ports, cluster),
    cluster.spec.identity === 'irsa' ? issuer(ports, cluster) : podIdentity(ports, cluster),
    controllerCheck(ports, cluster),
    ...key(ports, cluster),
  ])
}

function active(ports: Ports, { name, spec: { aws } }: NamedCluster): Check {
  return {
    id: `eks/${name}`,
    what: `the EKS cluster ${aws.cluster} of ${name} exists and is active`,
    fix: `look at spec.aws (account, region, cluster) of Cluster ${name}`,
    run: async () => {
      const found = await (await ports.account(aws)).cluster(aws.cluster)
      if (found === undefined)
        return failed(`there is no EKS cluster ${aws.cluster} in account ${aws.account}, ${aws.region}`)
      if (found.status === 'ACTIVE') return ok('it is active')
      const busy = found.status === 'UPDATING' || found.status === 'CREATING'
      const fix = `aws eks describe-cluster --name ${aws.cluster} --region ${aws.region}`
      return (busy ? warning : failed)(`its status is ${found.status}`, busy ? 'wait until it is active' : fix)
    },
  }
}

function podIdentity(ports: Ports, { name, spec: { aws } }: NamedCluster): Check {
  const add = `aws eks create-addon --cluster-name ${aws.cluster} --addon-name ${agent} --region ${aws.region}`
  return {
    id: `identity/${name}`,
    what: `pods of ${name} get their roles from EKS Pod Identity`,
    fix: `aws eks describe-addon --cluster-name ${aws.cluster} --addon-name ${agent} --region ${aws.region}`,
    run: async () => {
      const account = await ports.account(aws)
      const [cluster, status] = await Promise.all([account.cluster(aws.cluster), agentStatus(account, aws.cluster)])
      if (cluster?.auto) return ok('the cluster has EKS Auto Mode, which brings the agent')
      if (status === undefined) {
        return failed(`the add-on ${agent} is missing: no pod gets its role`, `${add}, or set spec.identity: irsa`)
      }
      if (status === 'ACTIVE') return ok(`the add-on ${agent} is active`)
      const busy = status === 'CREATING' || status === 'UPDATING'
      return (busy ? warning : failed)(`the add-on ${agent} is ${status}`)
    },
  }
}

function agentStatus(account: AccountAccess, cluster: string): Promise<string | undefined> {
  return account.addonStatus(cluster, agent)
}

/** IRSA: the issuer that trust policies name, the one the cluster has, and the one IAM knows are the same. */
function issuer(ports: Ports, { name, spec: { aws } }: NamedCluster): Check {
  return {
    id: `identity/${name}`,
    what: `IAM knows the OIDC issuer of ${name}`,
    fix: `eksctl utils associate-iam-oidc-provider --cluster ${aws.cluster} --region ${aws.region} --approve`,
    run: async (): Promise<Verdict> => {
      if (aws.oidcProvider === undefined) {
        const fix = `set spec.aws.oidcProvider of Cluster ${name} (aws eks describe-cluster shows the issuer)`
        return failed('the Cluster has identity irsa and does not say its issuer', fix)
      }
      const account = await ports.account(aws)
      const arn = `arn:${partitionOf(aws.region)}:iam::${aws.account}:oidc-provider/${aws.oidcProvider}`
      const [cluster, url] = await Promise.all([account.cluster(aws.cluster), account.oidcProvider(arn)])
      if (cluster !== undefined && cluster.issuer !== aws.oidcProvider) {
        return failed(
          `the cluster’s issuer is ${cluster.issuer ?? 'absent'}, and the Cluster says ${aws.oidcProvider}`,
          `correct spec.aws.oidcProvider of Cluster ${name}`,
        )
      }
      if (url === aws.oidcProvider) return ok(`it does: ${arn}`)
      return failed(`there is no OIDC provider ${arn} in IAM: no pod gets its role`)
    },
  }
}

function key(ports: Ports, { name, spec: { aws } }: NamedCluster): readonly Check[] {
  const { secretsKey } = aws
  if (secretsKey === undefined) return []
  const [, , , region = '', account = ''] = secretsKey.split(':')
  const on = `--key-id ${secretsKey} --region ${region}`
  return [
    {
      id: `key/${name}`,
      what: `the KMS key of ${name}’s secrets is enabled (${secretsKey})`,
      fix: `aws kms describe-key ${on}`,
      run: async () => {
        if (region !== aws.region) {
          const fix = `name a key of ${aws.region} in spec.aws.secretsKey of Cluster ${name}`
          return failed(`it is in ${region}: Secrets Manager takes keys of its own region only`, fix)
        }
        const state = await (await ports.account({ account: aws.account, region })).keyState(secretsKey)
        if (state === 'Enabled') return ok('it is')
        if (state === undefined) {
          const fix = `correct spec.aws.secretsKey of Cluster ${name}, or make the key`
          return failed(`there is no such key in account ${account}, ${region}`, fix)
        }
        if (state === 'PendingDeletion') {
          return failed(
            'it is about to be deleted, and every secret under it with it',
            `aws kms cancel-key-deletion ${on} and aws kms enable-key ${on}`,
          )
        }
        return failed(`it is ${state}: no secret can be read or written`, `aws kms enable-key ${on}`)
      },
    },
  ]
}
