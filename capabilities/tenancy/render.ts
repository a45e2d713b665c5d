import type { ISecretStore } from '@kubernetes-models/external-secrets/external-secrets.io/v1/SecretStore'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { INamespace } from 'kubernetes-models/v1/Namespace'
import { secretStoreName } from '../../secretentries/index.ts'
import type { TenancySubject } from '../../domain/capability.ts'
import { objectLabels, readerAnnotation } from '../../domain/labels.ts'
import { systemManifests } from '../../domain/layout.ts'
import type { KubernetesObject, Manifest } from '../../domain/manifest.ts'
import type { TenancyOutput } from '../../domain/outputs.ts'
import { safeJoin } from '../../domain/paths.ts'
import { tagsNamespace } from './trust.ts'

/** What stands in a system's namespace for all its workloads. */
export function render(subject: TenancySubject, output: TenancyOutput): readonly Manifest[] {
  if (subject.retired) return []
  const directory = systemManifests(subject.system.name)
  const objects: KubernetesObject[] = [
    namespace(subject, output),
    secretStore(subject, output),
    ...(subject.system.spec.networkPolicies ? [defaultDeny(subject, output)] : []),
  ]
  return objects.map((object) => ({ path: safeJoin(directory, `${object.kind.toLowerCase()}.yaml`), object }))
}

/** https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
const podSecurity = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
  'pod-security.kubernetes.io/audit': 'restricted',
}

function namespace(subject: TenancySubject, output: TenancyOutput): INamespace & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: output.namespace,
      labels: { ...objectLabels(subject), ...podSecurity },
      // Before what stands in it. Pruning it would take everything else along, whoever made it (P9).
      annotations: {
        'argocd.argoproj.io/sync-wave': '-1',
        'argocd.argoproj.io/sync-options': 'Prune=false',
        [readerAnnotation]: output.readerRoleArn,
      },
    },
  }
}

/** `sessionTagsPolicy` is newer than the typed model. */
type AwsProvider = NonNullable<NonNullable<NonNullable<ISecretStore['spec']>['provider']>['aws']> & {
  readonly sessionTagsPolicy?: 'Simple'
}

function secretStore(subject: TenancySubject, output: TenancyOutput): ISecretStore & KubernetesObject {
  const aws: AwsProvider = {
    service: 'SecretsManager',
    region: subject.cluster.spec.aws.region,
    role: output.readerRoleArn,
    ...(tagsNamespace(subject.cluster) ? { sessionTagsPolicy: 'Simple' } : {}),
  }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: secretStoreName, namespace: output.namespace, labels: objectLabels(subject) },
    spec: { provider: { aws } },
  }
}

/** Whatever runs here without a policy of its own reaches nobody. No workload's policy has a dot in its name. */
function defaultDeny(subject: TenancySubject, output: TenancyOutput): INetworkPolicy & KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'fairway.default-deny', namespace: output.namespace, labels: objectLabels(subject) },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  }
}
