import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { describe, expect, it } from 'vitest'
import type { RenderInputs } from '../../domain/outputs.ts'
import { cluster, natsOutput, outputs, subject } from './fixture.ts'
import { workload } from './index.ts'
import { natsPorts } from './natsports.ts'
import type { Subject } from './spec.ts'

const service = {
  type: 'service',
  containers: { main: { image: '.' } },
  service: { ports: { http: { port: 80, targetPort: 8080 }, dns: { port: 5353, protocol: 'UDP' } } },
  environments: { dev: {} },
}
const worker = { type: 'worker', containers: { main: { image: '.' } }, environments: { dev: {} } }
const networkPolicies = {
  ingress: [{ namespace: 'ingress-nginx', labels: { app: 'controller' } }, { namespace: 'claims' }],
  egress: [{ cidr: '10.20.0.0/16', ports: [5432] }],
}

describe('ingress', () => {
  it('lets in the system’s own pods and the declared namespaces, to the ports of the pod', () => {
    expect(policy(subject(service, 'dev', { networkPolicies })).spec?.ingress).toEqual([
      {
        from: [
          { podSelector: {} },
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
            podSelector: { matchLabels: { app: 'controller' } },
          },
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'claims' } } },
        ],
        ports: [
          { port: 5353, protocol: 'UDP' },
          { port: 8080, protocol: 'TCP' },
        ],
      },
    ])
  })

  it('lets nobody in where there is no port, and says so in both directions', () => {
    const { spec } = policy(subject(worker, 'dev', { networkPolicies }))
    expect(spec?.ingress).toEqual([])
    expect(spec?.policyTypes).toEqual(['Ingress', 'Egress'])
  })
})

describe('egress', () => {
  it('reaches names, the system’s own pods, NATS, HTTPS, the Pod Identity agent and what is declared; nothing else', () => {
    const given = policy(subject(worker, 'dev', { networkPolicies }), { nats: natsOutput })
    expect(given.spec?.egress).toEqual([
      {
        to: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
          { ipBlock: { cidr: '169.254.20.10/32' } },
        ],
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      { to: [{ podSelector: {} }] },
      { ports: [{ port: 4222, protocol: 'TCP' }] },
      { ports: [{ port: 443, protocol: 'TCP' }] },
      {
        to: [{ ipBlock: { cidr: '169.254.170.23/32' } }, { ipBlock: { cidr: 'fd00:ec2::23/128' } }],
        ports: [{ port: 80, protocol: 'TCP' }],
      },
      { to: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ port: 5432, protocol: 'TCP' }] },
    ])
  })

  it('does not reach NATS without NATS, nor the Pod Identity agent where roles come by IRSA', () => {
    const irsa = { ...subject(worker, 'dev', { networkPolicies: {} }), cluster: cluster('dev', { identity: 'irsa' }) }
    const text = JSON.stringify(policy(irsa).spec?.egress)
    expect(text).not.toContain('4222')
    expect(text).not.toContain('169.254.170.23')
  })
})

it.each([
  ['nats://nats.example', [4222]],
  ['tls://a.example:4333,tls://b.example:4333,nats://c.example:4222', [4222, 4333]],
  ['wss://nats.example/path:1', [443]],
  ['ws://[fd00::1]:8080', [8080]],
  ['tls://[fd00::1]', [4222]],
])('NATS at %s is reached on %s', (urls, ports) => {
  expect(natsPorts(urls)).toEqual(ports)
})

function policy(given: Subject, extra: Partial<RenderInputs> = {}): INetworkPolicy {
  const found = workload.render(given, outputs(extra)).find(({ object }) => object.kind === 'NetworkPolicy')
  return found?.object as INetworkPolicy
}
