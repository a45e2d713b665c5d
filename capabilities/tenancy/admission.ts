import type { IValidatingAdmissionPolicy } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy'
import type { IValidatingAdmissionPolicyBinding } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding'
import type { Installation, NamedCluster } from '../../domain/capability.ts'
import { clusterLabels, readerAnnotation } from '../../domain/labels.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { limits, readerRolePrefix, roleArn, rolePath } from '../../domain/names.ts'

/**
 * The External Secrets controller may take the role of every system's reader, and takes the one that a store names:
 * who can write a SecretStore in any namespace could read every system's secrets, and with `sessionTags` of his own
 * also say that he is that system's. So the cluster itself refuses it, whoever asks.
 *
 * Which role belongs to a namespace is said by an annotation that Fairway renders on the Namespace: writing that needs
 * a permission for namespaces, which nobody has who works in one. Needs Kubernetes 1.30.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionObjects(
  installation: Pick<Installation, 'name'>,
  cluster: NamedCluster,
  options: { readonly clusterSecretStores: 'refused' | 'allowed' },
): readonly KubernetesObject[] {
  const policies = [
    secretStores(installation, cluster),
    generators(cluster),
    ...(options.clusterSecretStores === 'refused' ? [clusterSecretStores(cluster)] : []),
  ]
  return policies.flatMap((policy) => [policy, bindingOf(cluster, policy)])
}

type Policy = IValidatingAdmissionPolicy & KubernetesObject
type Spec = NonNullable<IValidatingAdmissionPolicy['spec']>
type Check = NonNullable<Spec['validations']>[number] & { readonly message?: string }

/** A change of metadata passes: otherwise what is there already could not lose its finalizer, and never go. */
const specChanges = {
  name: 'spec-changes',
  expression: "request.operation == 'CREATE' || object.spec != oldObject.spec",
}

/** IAM does not tell `/Fairway/` from `/fairway/` when it compares names. */
const isFairways = (role: string) => `${role}.lowerAscii().contains(':role${rolePath}')`

function secretStores({ name }: Pick<Installation, 'name'>, cluster: NamedCluster): Policy {
  const annotations = 'namespaceObject.metadata.annotations'
  const annotated = `namespaceObject != null && has(${annotations}) && '${readerAnnotation}' in ${annotations}`
  const variables = [
    {
      name: 'aws',
      expression: 'has(object.spec.provider) && has(object.spec.provider.aws) ? object.spec.provider.aws : {}',
    },
    {
      name: 'roles',
      expression:
        '(has(variables.aws.role) ? [variables.aws.role] : []) + ' +
        '(has(variables.aws.additionalRoles) ? variables.aws.additionalRoles : [])',
    },
    { name: 'reader', expression: `${annotated} ? ${annotations}['${readerAnnotation}'] : ''` },
    ...readableName(name, cluster),
  ]
  return policy(cluster, 'fairway-secret-stores', ['external-secrets.io', ['secretstores', 'clustersecretstores']], {
    variables,
    validations: [
      {
        expression: `variables.roles.all(role, role == variables.reader || !${isFairways('role')})`,
        message: 'a role of Fairway’s is named only by the SecretStore of its own namespace',
      },
      {
        expression: "variables.reader == '' || variables.roles == [variables.reader]",
        message:
          'in a namespace of Fairway’s a SecretStore reads AWS with the role of the namespace, and with no other',
      },
      {
        expression:
          "variables.reader == '' || (variables.reader.startsWith(variables.expected) && " +
          "variables.reader.substring(variables.expected.size()).matches('^-[0-9a-v]{8}$'))",
        message: `the annotation ${readerAnnotation} of the namespace is not what Fairway ${name} calls its reader`,
      },
    ],
  })
}

/** The ARN that flatName (domain/names.ts) gives a reader, up to its hash, which CEL cannot compute. */
function readableName(installation: string, cluster: NamedCluster) {
  const room = limits.role - 9
  return [
    { name: 'parts', expression: `'${readerRolePrefix(installation, cluster.name)}' + request.namespace` },
    {
      name: 'cut',
      expression: `variables.parts.size() <= ${room} ? variables.parts : variables.parts.substring(0, ${room})`,
    },
    {
      name: 'expected',
      expression:
        `'${roleArn(cluster.spec.aws, '')}' + (variables.cut.endsWith('-') ? ` +
        'variables.cut.substring(0, variables.cut.size() - 1) : variables.cut)',
    },
  ]
}

/** What makes credentials out of a role by itself, without a store. */
function generators(cluster: NamedCluster): Policy {
  const kinds = ['ecrAuthorizationTokenSpec', 'stsSessionTokenSpec']
  const inner = kinds.map(
    (kind) =>
      `(has(object.spec.generator) && has(object.spec.generator.${kind}) && ` +
      `has(object.spec.generator.${kind}.role) ? [object.spec.generator.${kind}.role] : [])`,
  )
  return policy(
    cluster,
    'fairway-generators',
    ['generators.external-secrets.io', ['ecrauthorizationtokens', 'stssessiontokens', 'clustergenerators']],
    {
      variables: [
        { name: 'roles', expression: ['(has(object.spec.role) ? [object.spec.role] : [])', ...inner].join(' + ') },
      ],
      validations: [
        {
          expression: `variables.roles.all(role, !${isFairways('role')})`,
          message: 'a role of Fairway’s is named only by the SecretStore of its own namespace',
        },
      ],
    },
  )
}

function clusterSecretStores(cluster: NamedCluster): Policy {
  return policy(cluster, 'fairway-cluster-secret-stores', ['external-secrets.io', ['clustersecretstores']], {
    validations: [
      {
        expression: 'false',
        message: 'a ClusterSecretStore reads for every namespace; in this cluster each namespace has a SecretStore',
      },
    ],
  })
}

function policy(
  cluster: NamedCluster,
  name: string,
  [group, resources]: readonly [string, string[]],
  rules: { readonly variables?: NonNullable<Spec['variables']>; readonly validations: Check[] },
): Policy {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: clusterLabels(cluster) },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [group], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources }],
      },
      matchConditions: [specChanges],
      ...rules,
    },
  }
}

function bindingOf(cluster: NamedCluster, { metadata: { name } }: Policy): KubernetesObject {
  const binding: IValidatingAdmissionPolicyBinding & KubernetesObject = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels: clusterLabels(cluster) },
    spec: { policyName: name, validationActions: ['Deny'] },
  }
  return binding
}
