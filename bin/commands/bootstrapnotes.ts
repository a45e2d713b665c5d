import { removalsName, removalsNamespace } from '../../capabilities/argocd/removals.ts'
import { runsItsArgoCd, type BootstrapPart } from '../../capabilities/bootstrap.ts'
import { controllerOf } from '../../capabilities/tenancy/controller.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { controlSecretName } from '../../domain/names.ts'
import type { BootstrapCommandOptions } from './bootstrap.ts'

/** What a manifest cannot hold (secrets), or what is not in Kubernetes. */
export function remaining(
  cluster: NamedCluster,
  parts: readonly BootstrapPart[],
  options: BootstrapCommandOptions,
): readonly string[] {
  return [
    ...(parts.includes('argocd') ? [...argocdNotes(cluster, options), removalsNote(cluster, options)] : []),
    ...(parts.includes('cluster') ? [controllerNote(cluster)] : []),
  ]
}

function argocdNotes({ name, spec }: NamedCluster, options: BootstrapCommandOptions): string[] {
  const registered = options.managedArgocd === true || options.endpoint !== undefined
  return [
    `Argo CD must be able to read ${spec.repository.url}: \`argocd repo add\`, or a Secret of type repository in ${spec.argocd.namespace}`,
    ...(runsItsArgoCd({ name, spec }) || registered
      ? []
      : [
          `Argo CD must know this cluster as ${spec.argocd.destination}: register it, or give --endpoint and --authority`,
        ]),
    ...(registered
      ? [`the role that Argo CD signs in with needs an access entry in EKS cluster ${spec.aws.cluster}`]
      : []),
  ]
}

function removalsNote(cluster: NamedCluster, { removals, installation }: BootstrapCommandOptions): string {
  if (!removals) return `nothing confirms removals: \`fairway retire SYSTEM/NAME --confirm ${cluster.name}\` does`
  const secret = controlSecretName(installation, 'webhooks', 'argocd', cluster.name)
  const name = removalsName(cluster)
  return (
    `one value, in two places: \`openssl rand -hex 32\`, to Secrets Manager as ${secret} ` +
    `(made by the stack, context argocdClusters=${cluster.name}), and ` +
    `\`kubectl --namespace ${removalsNamespace} create secret generic ${name} --from-literal=secret=…\``
  )
}

function controllerNote(cluster: NamedCluster): string {
  const { role, namespace, serviceAccount } = controllerOf(cluster)
  const how =
    cluster.spec.identity === 'irsa'
      ? 'the service account has the annotation eks.amazonaws.com/role-arn'
      : `a Pod Identity association of EKS cluster ${cluster.spec.aws.cluster} says so`
  return `External Secrets runs as service account ${namespace}/${serviceAccount} with the role ${role}: ${how}`
}
