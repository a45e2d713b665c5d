import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { expect, it } from 'vitest'
import { centralGrants, memberGrants, placementGrants, placementStages } from '../../infra/stagegrants.ts'
import { stageNames } from '../../infra/stages.ts'
import { away, home, names, text, type Deployed } from './deployed.ts'
import { granted, inlinePolicy, plainStatements } from './policies.ts'

/** What may what. */
export function permissionRules(world: () => Deployed): void {
  it.each(stageNames)('lets the function %s do exactly what its grants say', async (stage) => {
    const { aws, key } = world()
    const values = {
      ...home,
      partition: 'aws',
      installation: 'acme',
      boundary: names.boundary,
      credentialsKey: key,
      stage,
      member: away.account,
    }
    const grants = [...centralGrants(stage), ...(placementGrants[stage] ?? []), ...memberGrants(stage)]
    expect(await inlinePolicy(aws.iam, names.stage(stage), 'grants')).toEqual(granted(grants, values))
  })

  it('has no policy that IAM refuses', async () => {
    const { aws, there } = world()
    let policies = 0
    for (const { iam } of [aws, there]) {
      const { Roles = [] } = await iam.send(new ListRolesCommand({}))
      for (const { RoleName } of Roles) {
        const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
        policies += PolicyNames.length
        for (const PolicyName of PolicyNames) {
          const kept = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
          const PolicyDocument = decodeURIComponent(kept.PolicyDocument ?? '')
          // moto looks at a policy when it is put, and not when a template brings it with its role.
          await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
        }
      }
    }
    expect(policies).toBeGreaterThan(stageNames.length + placementStages.length)
  })

  it('makes the boundaries, of functions and of the roles that they make', async () => {
    const { aws, there, stack, memberStack } = world()
    for (const [{ iam, account }, created] of [
      [aws, stack],
      [there, memberStack],
    ] as const) {
      const policies = created.ofType('AWS::IAM::ManagedPolicy')
      expect(policies.map((policy) => policy['ManagedPolicyName'])).toContain(names.boundary)
      for (const policy of policies) {
        const PolicyArn = `arn:aws:iam::${account}:policy${text(policy, 'Path')}${text(policy, 'ManagedPolicyName')}`
        const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
        const version = { PolicyArn, VersionId: Policy?.DefaultVersionId }
        const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version))
        const document = decodeURIComponent(PolicyVersion?.Document ?? '')
        expect(plainStatements(document)).toEqual(plainStatements(JSON.stringify(policy['PolicyDocument'])))
      }
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: names.stage('iam') }))
      const boundary = `arn:aws:iam::${account}:policy/fairway/${names.boundary}-function`
      expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(boundary)
    }
  })

  it.each(placementStages)(
    'in a member account, %s is let in and may do exactly what its grants say',
    async (stage) => {
      const { aws, there, memberKey } = world()
      const own = await aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: names.stage(stage) }))
      const { FAIRWAY_MEMBER_ROLE = '', FAIRWAY_EXTERNAL_ID } = own.Environment?.Variables ?? {}
      const { Role } = await there.iam.send(new GetRoleCommand({ RoleName: names.stage(stage) }))
      // The way in that the one template gives its functions is the one that the other template opens.
      expect(Role?.Arn).toBe(FAIRWAY_MEMBER_ROLE.replace('{account}', away.account).replace('{capability}', stage))
      const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
      expect(trust).toContain(own.Role)
      expect(trust).toContain(`"sts:ExternalId": "${FAIRWAY_EXTERNAL_ID}"`)
      const values = {
        ...away,
        partition: 'aws',
        installation: 'acme',
        boundary: names.boundary,
        credentialsKey: memberKey,
        stage,
      }
      const grants = placementGrants[stage] ?? []
      expect(await inlinePolicy(there.iam, names.stage(stage), 'grants')).toEqual(granted(grants, values))
    },
  )
}
