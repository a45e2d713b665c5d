import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { INetworkPolicyEgressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyEgressRule'
import type { INetworkPolicyIngressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyIngressRule'
import type { INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyPeer'
import type { KubernetesObject } from '../../domain/manifest.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { selectorLabels } from './labels.ts'
import { metadata } from './metadata.ts'
import { natsPorts } from './natsports.ts'
import { servicePorts } from './service.ts'
import type { Placement } from './spec.ts'

type Policies = NonNullable<SystemSpec['networkPolicies']>

/** Link-local address of NodeLocal DNSCache, https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/ */
const nodeLocalDns = '169.254.20.10/32'

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html */
const podIdentityAgent = ['169.254.170.23/32', 'fd00:ec2::23/128']

/** All pods of the system: its namespace holds nothing else. */
const sameSystem: INetworkPolicyPeer = { podSelector: {} }

/** Both directions are named, so whatever is not allowed here is denied to these pods. */
export function networkPolicy(placement: Placement, policies: Policies): INetworkPolicy & KubernetesObject {
  const { subject } = placement
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(subject),
    spec: {
      podSelector: { matchLabels: selectorLabels(subject) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: ingress(placement, policies),
      egress: egress(placement, policies),
    },
  }
}

/** Policies see the pod's port, not the Service's. Without ports there is nobody to let in. */
function ingress({ spec }: Placement, policies: Policies): INetworkPolicyIngressRule[] {
  const ports = servicePorts(spec).map(({ target, protocol }) => ({ port: target, protocol }))
  const distinct = ports.filter(
    ({ port, protocol }, index) =>
      ports.findIndex((other) => other.port === port && other.protocol === protocol) === index,
  )
  if (distinct.length === 0) return []
  return [{ from: [sameSystem, ...policies.ingress.map(namespacePeer)], ports: distinct }]
}

function egress({ subject, outputs }: Placement, policies: Policies): INetworkPolicyEgressRule[] {
  return [
    {
      to: [{ namespaceSelector: named('kube-system') }, { ipBlock: { cidr: nodeLocalDns } }],
      ports: [
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ],
    },
    { to: [sameSystem] },
    ...(outputs.nats ? [{ ports: natsPorts(outputs.nats.url).map(tcp) }] : []),
    // AWS has no fixed addresses: its endpoints are told apart by credentials, not by network.
    { ports: [tcp(443)] },
    ...(subject.cluster.spec.identity === 'pod-identity'
      ? [{ to: podIdentityAgent.map((cidr) => ({ ipBlock: { cidr } })), ports: [tcp(80)] }]
      : []),
    ...policies.egress.map(({ cidr, ports }) => ({ to: [{ ipBlock: { cidr } }], ports: ports.map(tcp) })),
  ]
}

function namespacePeer({ namespace, labels }: Policies['ingress'][number]): INetworkPolicyPeer {
  return {
    namespaceSelector: named(namespace),
    ...(labels === undefined ? {} : { podSelector: { matchLabels: labels } }),
  }
}

/** The API server sets this label on every namespace. */
function named(namespace: string) {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
}

function tcp(port: number) {
  return { port, protocol: 'TCP' as const }
}
