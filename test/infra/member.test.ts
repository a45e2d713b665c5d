import { describe, expect, it } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import { placementGrants, placementStages } from '../../infra/stagegrants.ts'
import type { Stage } from '../../infra/stages.ts'
import { readConfig } from '../../lambdas/config.ts'
import { clientOptions } from '../../lambdas/runtime/clients.ts'
import { carried, declared, inOrder, keyOf } from './declared.ts'
import {
  account,
  controlPlaneAccount,
  installation,
  listOf,
  policyLimit,
  policyNamed,
  policySize,
  region,
  statementsOf,
  synthesise,
  synthesiseMember,
  synthesiseRegion,
  textOf,
  trustOf,
  type Synthesised,
} from './template.ts'

const names = namesOf(installation)
const regions = ['eu-west-1', 'eu-central-1', 'ap-southeast-2']
const further = regions.slice(1).map((each) => `arn:aws:kms:${each}:${account}:key/mrk-${'0'.repeat(32)}`)
const member = synthesiseMember({ clusters: [{ name: 'dev-1', association: true }] })
const controlPlane = synthesise({ members: [account] })
const wide = synthesiseMember({ regions, secretsKeys: further })

const roleOf = (stack: Synthesised, stage: Stage) => stack.named('AWS::IAM::Role', names.stage(stage))

describe('a member account’s role', () => {
  it.each(placementStages)('%s says exactly what its capability declares where placements are', (stage) => {
    const grants = placementGrants[stage] ?? []
    expect(inOrder(carried(member, roleOf(member, stage)))).toEqual(inOrder(declared(member, stage, grants)))
    const several = { region: regions, credentialsKey: [keyOf(wide), ...further] }
    expect(inOrder(carried(wide, roleOf(wide, stage)))).toEqual(inOrder(declared(wide, stage, grants, several)))
  })

  it.each(placementStages)(
    '%s is trusted for the function of the same name, with the external id, and nobody else',
    (stage) => {
      expect(trustOf(roleOf(member, stage))).toEqual([
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: `arn:aws:iam::${controlPlaneAccount}:root` },
          Condition: {
            ArnEquals: {
              'aws:PrincipalArn': `arn:aws:iam::${controlPlaneAccount}:role/fairway-control/${names.stage(stage)}`,
            },
            StringEquals: { 'sts:ExternalId': 'fairway-acme' },
          },
        },
      ])
    },
  )

  it.each(placementStages)(
    '%s is the one that the function asks for, under the path that is not /fairway/',
    (stage) => {
      const { Variables } = controlPlane.named('AWS::Lambda::Function', names.stage(stage)).Properties[
        'Environment'
      ] as { readonly Variables: Record<string, string> }
      const role = roleOf(member, stage)
      const { FAIRWAY_MEMBER_ROLE, FAIRWAY_EXTERNAL_ID } = readConfig({ ...Variables, AWS_REGION: region })
      expect(FAIRWAY_MEMBER_ROLE.replace('{account}', account).replace('{capability}', stage)).toBe(
        `arn:aws:iam::${account}:role${textOf(role, 'Path', '/')}${textOf(role, 'RoleName', '')}`,
      )
      expect(JSON.stringify(trustOf(role))).toContain(`"sts:ExternalId":"${FAIRWAY_EXTERNAL_ID}"`)
      expect(textOf(role, 'Path', '/')).toBe('/fairway-control/')
      expect(() =>
        clientOptions(readConfig({ ...Variables, FAIRWAY_ACCOUNT: controlPlaneAccount, AWS_REGION: region }), stage, {
          account,
          region,
        }),
      ).not.toThrow()
    },
  )

  it.each(placementStages)('%s fits into IAM’s limit, with three regions too', (stage) => {
    for (const stack of [member, wide]) expect(policySize(roleOf(stack, stage))).toBeLessThanOrEqual(policyLimit)
  })

  it('asks for the external id that was agreed', () => {
    const agreed = synthesiseMember({ externalId: 'x-42' })
    for (const stage of placementStages) {
      expect(JSON.stringify(trustOf(roleOf(agreed, stage)))).toContain('"sts:ExternalId":"x-42"')
    }
    const { Variables } = synthesise({ members: [account], externalId: 'x-42' }).named(
      'AWS::Lambda::Function',
      names.stage('iam'),
    ).Properties['Environment'] as { readonly Variables: Record<string, string> }
    expect(Variables['FAIRWAY_EXTERNAL_ID']).toBe('x-42')
  })

  it('takes on no other role, and is one of those, the forwarder, and the controllers', () => {
    const expected = [...placementStages.map(names.stage), 'fairway-external-secrets']
    const named = member.ofType('AWS::IAM::Role').map((role) => textOf(role, 'RoleName', 'the forwarder'))
    expect(named.toSorted()).toEqual([...expected, 'the forwarder'].toSorted())
    for (const stage of placementStages) {
      const actions = statementsOf(member, roleOf(member, stage)).flatMap(({ Action }) => listOf(Action))
      expect(actions.filter((action) => action.startsWith('sts:'))).toEqual([])
    }
  })
})

describe('the key of credentials', () => {
  it('is opened by its own account’s IAM alone, is rotated, and outlives the stack', () => {
    const [key, ...more] = member.ofType('AWS::KMS::Key')
    expect(more).toEqual([])
    expect(key?.Properties['KeyPolicy']).toMatchObject({
      Statement: [
        { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:aws:iam::${account}:root` } },
      ],
    })
    expect(key?.Properties['EnableKeyRotation']).toBe(true)
    expect(key?.DeletionPolicy).toBe('Retain')
    expect(member.outputs['FairwayCredentialsKey']?.Value).toBe(keyOf(member))
  })

  it('is used through Secrets Manager only, with the keys of further regions', () => {
    const using = wide
      .ofType('AWS::IAM::Role')
      .flatMap((role) => statementsOf(wide, role).filter(({ Action }) => listOf(Action).includes('kms:Decrypt')))
    expect(using).toHaveLength(2)
    for (const { Resource, Condition } of using) {
      expect(Resource).toEqual([keyOf(wide), ...further])
      const via = regions.map((each) => `secretsmanager.${each}.amazonaws.com`)
      expect(Condition).toEqual({ StringEquals: { 'kms:ViaService': via } })
    }
  })

  it('is denied to workloads, with those of further regions', () => {
    const denied = policyNamed(wide, names.boundary).statements.find(({ Sid }) => Sid === 'NothingOfFairway')
    expect(denied?.Resource).toEqual(expect.arrayContaining([keyOf(wide), ...further]))
  })

  it('is not made where no cluster is, and nothing is granted for it', () => {
    expect(synthesiseRegion({ key: false }).ofType('AWS::KMS::Key')).toEqual([])
    const keyless = synthesiseMember({ key: false })
    expect(JSON.stringify(keyless.ofType('AWS::IAM::Role'))).not.toContain('kms:')
    expect(synthesiseRegion({ disposable: true }).ofType('AWS::KMS::Key')[0]?.DeletionPolicy).toBe('Delete')
  })
})

describe('what is written down about accounts and regions', () => {
  it.each([
    ['an id that is none', () => synthesise({ members: ['1234'] }), '12-digit'],
    ['an account twice', () => synthesise({ members: [account, account] }), 'twice'],
    ['a control plane without an id', () => synthesiseMember({ controlPlaneAccount: 'main' }), '12-digit'],
    ['a region that is none', () => synthesise({ regions: ['ireland'] }), 'region'],
    ['a member’s region that is none', () => synthesiseMember({ regions: ['ireland'] }), 'region'],
    [
      'more members than fit',
      () => synthesise({ members: Array.from({ length: 51 }, (_, index) => String(333_333_333_333 + index)) }),
      'room for 50',
    ],
  ])('is refused when it is %s', (_, synthesising, reason) => {
    expect(synthesising).toThrow(reason)
  })
})
