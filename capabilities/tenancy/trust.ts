import type { NamedCluster, TenancySubject } from '../../domain/capability.ts'
import { namespaceOf } from '../../domain/names.ts'
import { partitionOf } from '../../domain/partition.ts'
import type { PolicyDocument } from '../../domain/policy.ts'
import { controllerOf } from './controller.ts'

/** The session tag by which the controller says for whose ExternalSecret it reads. */
const namespaceTag = 'esoNamespace'

/**
 * The External Secrets controller takes this role from its own: a chained role. Account, cluster, namespace and
 * service account of the controller are named, and the namespace it reads for: otherwise any namespace could write
 * a SecretStore with another system's role and have the controller read for it.
 *
 * The principal is the account and the role a condition, because IAM replaces a role in `Principal` by its unique
 * id: the policy would break when the controller's role is made anew.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 */
export function readerTrust({ system, cluster }: TenancySubject): PolicyDocument {
  const { account, region } = cluster.spec.aws
  const tags = {
    ...controllerTags(cluster),
    ...(tagsNamespace(cluster) ? { [`aws:RequestTag/${namespaceTag}`]: namespaceOf(system.name) } : {}),
  }
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region)}:iam::${account}:root` },
        // Session tags of Pod Identity are transitive: without TagSession the chain is refused.
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': controllerOf(cluster).role },
          // IAM refuses an operator without keys.
          ...(Object.keys(tags).length > 0 ? { StringEquals: tags } : {}),
        },
      },
    ],
  }
}

/** Also decides `sessionTagsPolicy` of the SecretStore: the two only work together. */
export function tagsNamespace({ spec }: NamedCluster): boolean {
  return spec.externalSecrets?.namespaceTag ?? true
}

/** What Pod Identity puts into the controller's session; with IRSA the controller's role alone says as much. */
function controllerTags(subject: NamedCluster): Record<string, string> {
  if (subject.spec.identity === 'irsa') return {}
  const { account, region, cluster } = subject.spec.aws
  const { namespace, serviceAccount } = controllerOf(subject)
  return {
    'aws:PrincipalTag/eks-cluster-arn': `arn:${partitionOf(region)}:eks:${region}:${account}:cluster/${cluster}`,
    'aws:PrincipalTag/kubernetes-namespace': namespace,
    'aws:PrincipalTag/kubernetes-service-account': serviceAccount,
  }
}
