import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { objectLabels } from '../../domain/labels.ts'
import { workloadManifests } from '../../domain/layout.ts'
import type { KubernetesObject, Manifest } from '../../domain/manifest.ts'
import { namespaceOf } from '../../domain/names.ts'
import type { IamOutput } from '../../domain/outputs.ts'
import { safeJoin } from '../../domain/paths.ts'
import type { IamSubject } from './desired.ts'

/** Every workload has a ServiceAccount of its own, also without a role: the shared `default` has a history. */
export function render(subject: IamSubject, output: IamOutput): readonly Manifest[] {
  if (!subject.spec) return []
  const path = safeJoin(workloadManifests(subject.system.name, subject.workload), 'serviceaccount.yaml')
  return [{ path, object: serviceAccount(subject, output) }]
}

function serviceAccount(subject: IamSubject, { roleArn }: IamOutput): IServiceAccount & KubernetesObject {
  const { system, workload, cluster } = subject
  const annotated = cluster.spec.identity === 'irsa' && roleArn !== undefined
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: workload,
      namespace: namespaceOf(system.name),
      labels: objectLabels(subject),
      // Pod Identity needs no annotation: the association is in EKS.
      ...(annotated ? { annotations: { 'eks.amazonaws.com/role-arn': roleArn } } : {}),
    },
    // Both identity modes mount their own projected token; the API server's is for controllers.
    automountServiceAccountToken: false,
  }
}
