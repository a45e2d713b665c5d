import type { IValidatingAdmissionPolicy } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy'
import { describe, expect, it } from 'vitest'
import type { NamedCluster } from '../../domain/capability.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { readerRoleName, roleArn } from '../../domain/names.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { refusals } from '../../test/support/admission.ts'
import { checkManifest } from '../../test/support/crds.ts'
import { admissionObjects } from './admission.ts'
import { render } from './render.ts'

/** What the API server answers, by the expressions that it would be given. */

const cluster = clusterNamed('dev')
const usual = admissionObjects(installation, cluster, { clusterSecretStores: 'refused' })
const named = 'is named only by the SecretStore of its own namespace'

function readerOf(system: string, at: NamedCluster = cluster): string {
  return roleArn(at.spec.aws, readerRoleName(installation.name, at.name, system))
}

/** A system's namespace and store, as Fairway renders them. */
function rendered(system: string, at: NamedCluster = cluster) {
  const output = { namespace: system, readerRoleArn: readerOf(system, at) }
  const objects = render({ installation, system: systemNamed(system), cluster: at }, output).map(({ object }) => object)
  const [namespace, store] = objects as [KubernetesObject, KubernetesObject]
  return { namespace: namespace.metadata, store }
}

function store(namespace: string, aws: object, kind = 'SecretStore') {
  const metadata = kind === 'SecretStore' ? { name: 'mine', namespace } : { name: 'mine' }
  return { apiVersion: 'external-secrets.io/v1', kind, metadata, spec: { provider: { aws } } }
}

function ask(
  object: object,
  namespace: KubernetesObject['metadata'] | null,
  oldObject?: object,
  objects: readonly KubernetesObject[] = usual,
) {
  const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy') as IValidatingAdmissionPolicy[]
  return refusals(policies, {
    object: { ...object },
    namespace,
    ...(oldObject && { oldObject: { ...oldObject } }),
  }).join('; ')
}

const elsewhere = { name: 'somebody' }
const annotated = { name: 'somebody', annotations: { other: 'x' } }

describe('a SecretStore', () => {
  it.each(['pay', 'claims', `long-${'x'.repeat(30)}-end`, `${'abc-'.repeat(9)}abcd`])(
    'that Fairway renders for %s is admitted, however its role’s name is shortened',
    (system) => {
      for (const name of ['dev', `${'dev-'.repeat(9)}dev`, 'a', 'ab', 'abc', 'abcd', 'abcde']) {
        const at = clusterNamed('dev')
        const longer = { ...at, name }
        const objects = admissionObjects(installation, longer, { clusterSecretStores: 'refused' })
        const { namespace, store: own } = rendered(system, longer)
        expect(ask(own, namespace, undefined, objects)).toBe('')
      }
    },
  )

  it('with the role of another system is refused, in a namespace of Fairway’s and in any other', () => {
    const { namespace } = rendered('pay')
    for (const at of [namespace, elsewhere, annotated]) {
      expect(ask(store(at.name, { role: readerOf('claims') }), at)).toContain(named)
    }
  })

  it('cannot reach it by a chain of roles, by other letters, or by saying whose it is', () => {
    const { namespace } = rendered('pay')
    const role = readerOf('claims')
    for (const aws of [
      { additionalRoles: [role] },
      { role: readerOf('pay'), additionalRoles: [role] },
      { role: role.replace('role/fairway/', 'role/Fairway/') },
      { role, sessionTags: [{ key: 'esoNamespace', value: 'claims' }] },
    ]) {
      expect(ask(store('pay', aws), namespace)).toContain(named)
      expect(ask(store('somebody', aws), elsewhere)).toContain(named)
    }
  })

  it('in a namespace of Fairway’s has its role and no other, and reads nothing else', () => {
    const { namespace } = rendered('pay')
    const only = 'with the role of the namespace, and with no other'
    for (const aws of [
      {},
      { role: 'arn:aws:iam::111111111111:role/mine' },
      { role: readerOf('pay'), additionalRoles: ['x'] },
    ]) {
      expect(ask(store('pay', aws), namespace)).toContain(only)
    }
    const vault = { ...store('pay', {}), spec: { provider: { vault: { server: 'https://vault' } } } }
    expect(ask(vault, namespace)).toContain(only)
  })

  it('elsewhere is nobody’s business as long as it names no role of Fairway’s', () => {
    const vault = { ...store('somebody', {}), spec: { provider: { vault: { server: 'https://vault' } } } }
    for (const object of [
      store('somebody', { role: 'arn:aws:iam::111111111111:role/mine' }),
      store('somebody', {}),
      vault,
    ]) {
      expect(ask(object, elsewhere)).toBe('')
      expect(ask(object, annotated)).toBe('')
    }
  })

  it('is refused where the namespace’s annotation names what cannot be its reader', () => {
    for (const role of [
      readerOf('claims'),
      roleArn(cluster.spec.aws, 'admin'),
      `${readerOf('pay')}x`,
      readerOf('pay').slice(0, -9),
    ]) {
      const namespace = { name: 'pay', annotations: { 'fairway.dev/reader-role': role } }
      expect(ask(store('pay', { role }), namespace)).toContain('calls its reader')
    }
  })

  it('that is there already may change its metadata, so that it can be deleted, and nothing else', () => {
    const bad = store('pay', { role: readerOf('claims') })
    const { namespace } = rendered('pay')
    const finalized = { ...bad, metadata: { ...bad.metadata, finalizers: [] } }
    expect(ask(finalized, namespace, bad)).toBe('')
    expect(ask(bad, namespace, store('pay', { role: readerOf('pay') }))).toContain(named)
  })
})

describe('a ClusterSecretStore', () => {
  const free = store('', { role: 'arn:aws:iam::111111111111:role/mine' }, 'ClusterSecretStore')
  const ours = store('', { role: readerOf('pay') }, 'ClusterSecretStore')

  it('is refused, whatever it reads', () => {
    expect(ask(free, null)).toContain('reads for every namespace')
    expect(ask(ours, null)).toContain('reads for every namespace')
  })

  it('is allowed where that was asked for, unless it names a role of Fairway’s', () => {
    const objects = admissionObjects(installation, cluster, { clusterSecretStores: 'allowed' })
    expect(ask(free, null, undefined, objects)).toBe('')
    expect(ask(ours, null, undefined, objects)).toContain(named)
  })
})

describe('a generator of credentials', () => {
  const apiVersion = 'generators.external-secrets.io/v1alpha1'
  const generator = (kind: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name: 'mine', namespace: 'pay' },
    spec,
  })

  it('names no role of Fairway’s, not even that of its namespace', () => {
    const { namespace } = rendered('pay')
    for (const kind of ['STSSessionToken', 'ECRAuthorizationToken']) {
      expect(ask(generator(kind, { role: readerOf('pay') }), namespace)).toContain(named)
      expect(ask(generator(kind, { role: 'arn:aws:iam::111111111111:role/mine' }), namespace)).toBe('')
      expect(ask(generator(kind, {}), namespace)).toBe('')
    }
    for (const kind of ['stsSessionTokenSpec', 'ecrAuthorizationTokenSpec']) {
      const spec = { kind: 'x', generator: { [kind]: { role: readerOf('pay') } } }
      expect(ask(generator('ClusterGenerator', spec), null)).toContain(named)
    }
    expect(ask(generator('ClusterGenerator', { kind: 'Password', generator: { passwordSpec: {} } }), null)).toBe('')
  })
})

it('every policy is bound, refuses rather than let pass, and is valid for the API server', () => {
  for (const object of usual) expect(checkManifest(object)).toEqual([])
  const policies = usual.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy') as IValidatingAdmissionPolicy[]
  for (const { metadata, spec } of policies) {
    expect(spec?.failurePolicy).toBe('Fail')
    expect(usual).toContainEqual(
      expect.objectContaining({
        kind: 'ValidatingAdmissionPolicyBinding',
        spec: { policyName: metadata?.name, validationActions: ['Deny'] },
      }),
    )
  }
})
