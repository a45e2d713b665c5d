import { describe, expect, it } from 'vitest'
import { readerRoleName } from '../../domain/names.ts'
import { matches } from '../../domain/wildcard.ts'
import { carried } from './declared.ts'
import { account, installation, region, synthesise, synthesiseMember, trustOf, type Synthesised } from './template.ts'

const member = synthesiseMember({ clusters: [{ name: 'dev-1', association: true }] })

describe('the role of an External Secrets controller', () => {
  const role = member.named('AWS::IAM::Role', 'fairway-external-secrets')

  it('is trusted for one service account of one namespace of one cluster of this account', () => {
    expect(trustOf(role)).toEqual([podsOf('dev-1', 'external-secrets', 'external-secrets')])
  })

  it('takes on readers of this installation, with the session’s tags, and does nothing else', () => {
    expect(carried(member, role)).toEqual([
      {
        Sid: 'TakeOnReaders',
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: [`arn:aws:iam::${account}:role/fairway/${installation}-_reader-*`],
      },
    ])
    const [{ Resource: [pattern = ''] = [] } = {}] = carried(member, role) as { readonly Resource?: string[] }[]
    expect(
      matches(pattern, `arn:aws:iam::${account}:role/fairway/${readerRoleName(installation, 'dev', 'claims')}`),
    ).toBe(true)
  })

  it('is associated with that service account where it is asked for', () => {
    expect(member.ofType('AWS::EKS::PodIdentityAssociation').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        ClusterName: 'dev-1',
        Namespace: 'external-secrets',
        ServiceAccount: 'external-secrets',
        RoleArn: `${role.id}.Arn`,
      }),
    ])
    expect(synthesiseMember({ clusters: [{ name: 'dev-1' }] }).ofType('AWS::EKS::PodIdentityAssociation')).toEqual([])
  })

  it('is as the cluster has it, in the control plane’s account too', () => {
    const other = {
      name: 'prod-1',
      region: 'eu-central-1',
      role: 'eso-prod',
      namespace: 'platform',
      serviceAccount: 'eso',
    }
    for (const stack of [synthesiseMember({ clusters: [other] }), synthesise({ clusters: [other] })]) {
      expect(trustOf(stack.named('AWS::IAM::Role', 'eso-prod'))).toEqual([
        podsOf('prod-1', 'platform', 'eso', 'eu-central-1'),
      ])
    }
  })

  it('stays with its association when the stack goes, but for trying out', () => {
    const clusters = [{ name: 'dev-1', association: true }]
    const policies = (from: Synthesised) =>
      [
        from.named('AWS::IAM::Role', 'fairway-external-secrets'),
        ...from.ofType('AWS::EKS::PodIdentityAssociation'),
      ].map(({ DeletionPolicy }) => DeletionPolicy)
    for (const stack of [member, synthesise({ clusters })]) expect(policies(stack)).toEqual(['Retain', 'Retain'])
    for (const trial of [
      synthesise({ clusters, disposable: true }),
      synthesiseMember({ clusters, disposable: true }),
    ]) {
      expect(policies(trial)).toEqual(['Delete', 'Delete'])
    }
  })

  it('is each cluster’s own', () => {
    const clusters = [{ name: 'dev-1' }, { name: 'dev-2' }]
    expect(() => synthesiseMember({ clusters })).toThrow('dev-1 and dev-2 have the same role')
    const apart = synthesiseMember({ clusters: [{ name: 'dev-1' }, { name: 'dev-2', role: 'eso-2' }] })
    expect(apart.named('AWS::IAM::Role', 'eso-2')).toBeDefined()
  })
})

function podsOf(cluster: string, namespace: string, serviceAccount: string, where = region): object {
  return {
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringEquals: {
        'aws:SourceAccount': account,
        'aws:RequestTag/kubernetes-namespace': namespace,
        'aws:RequestTag/kubernetes-service-account': serviceAccount,
      },
      ArnEquals: { 'aws:SourceArn': `arn:aws:eks:${where}:${account}:cluster/${cluster}` },
    },
  }
}
