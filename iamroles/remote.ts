import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'
import { callAws, findAws, isAlreadyThere, isNotFound } from '../domain/awserrors.ts'
import type { Ledger } from '../domain/capability.ts'
import { Conflict, Terminal, never } from '../domain/errors.ts'
import { rolePath, tagKeys } from '../domain/names.ts'
import { policyText } from '../domain/policy.ts'
import { fromTagList, toTagList } from '../domain/tags.ts'
import { inlinePolicyName } from './role.ts'
import type { ObservedRole, RoleAction, WantedRole } from './role.ts'

export type IamClient = Pick<IAMClient, 'send'>

/** Four reads, all at once: one round trip, whether there is such a role or not. */
export async function observeRole(client: IamClient, name: string): Promise<ObservedRole | undefined> {
  const [role, inline, policy, attached] = await Promise.all([
    findAws(`read role ${name}`, () => client.send(new GetRoleCommand({ RoleName: name }))),
    inlinePolicies(client, name),
    ownPolicy(client, name),
    attachedPolicies(client, name),
  ])
  if (!role?.Role?.Arn) return undefined
  return {
    arn: role.Role.Arn,
    trust: role.Role.AssumeRolePolicyDocument ?? '',
    boundary: role.Role.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: fromTagList(role.Role.Tags),
    inline,
    policy,
    attached,
  }
}

/** `what` is the name of the role's claim in the ledger. */
export async function applyRole(action: RoleAction, client: IamClient, ledger: Ledger, what: string): Promise<void> {
  const RoleName = action.role
  switch (action.type) {
    case 'create-role':
      await ledger.claim(what, action.claim)
      return create(client, action.wanted)
    case 'record-role':
      return ledger.claim(what, action.claim)
    case 'release-role':
      return ledger.release(what)
    case 'delete-role':
      await findAws(action.summary, () => client.send(new DeleteRoleCommand({ RoleName })))
      return ledger.release(what)
    case 'remove-policy': {
      const PolicyName = action.policyName
      await findAws(action.summary, () => client.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })))
      return
    }
    case 'detach-policy': {
      const PolicyArn = action.policyArn
      await findAws(action.summary, () => client.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })))
      return
    }
    case 'tag-role':
    case 'set-trust':
    case 'set-boundary':
    case 'set-policy':
      return configure(client, action)
    default:
      return never(action)
  }
}

type Configuring = Extract<RoleAction, { type: 'tag-role' | 'set-trust' | 'set-boundary' | 'set-policy' }>

async function configure(client: IamClient, action: Configuring): Promise<void> {
  const RoleName = action.role
  await callAws(action.summary, async () => {
    switch (action.type) {
      case 'tag-role':
        return client.send(new TagRoleCommand({ RoleName, Tags: toTagList(action.tags) }))
      case 'set-trust': {
        const PolicyDocument = policyText(action.trust)
        return client.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
      }
      case 'set-boundary': {
        const PermissionsBoundary = action.boundary
        return needingBoundary(PermissionsBoundary, () =>
          client.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary })),
        )
      }
      case 'set-policy': {
        const PolicyDocument = policyText(action.policy)
        return client.send(new PutRolePolicyCommand({ RoleName, PolicyName: inlinePolicyName, PolicyDocument }))
      }
      default:
        return never(action)
    }
  })
}

/** Made with its tags in one call: there is no moment in which it exists unmarked. */
async function create(client: IamClient, wanted: WantedRole): Promise<void> {
  await callAws(`create role ${wanted.name}`, async () => {
    try {
      await needingBoundary(wanted.boundary, () =>
        client.send(
          new CreateRoleCommand({
            RoleName: wanted.name,
            Path: rolePath,
            Description: wanted.description,
            AssumeRolePolicyDocument: policyText(wanted.trust),
            PermissionsBoundary: wanted.boundary,
            Tags: toTagList(wanted.tags),
          }),
        ),
      )
    } catch (error) {
      if (!isAlreadyThere(error)) throw error
      await mustBeOurs(client, wanted, error)
    }
  })
}

/** A create whose answer was lost is found again; a role that somebody made meanwhile is looked at again. */
async function mustBeOurs(client: IamClient, wanted: WantedRole, cause: unknown): Promise<void> {
  const { Role } = await client.send(new GetRoleCommand({ RoleName: wanted.name }))
  if (fromTagList(Role?.Tags)[tagKeys.installation] === wanted.tags[tagKeys.installation]) return
  throw new Conflict(`somebody just made the role ${wanted.name}`, { cause })
}

/** Here "no such entity" is the boundary, which never appears by itself. */
async function needingBoundary<Answer>(boundary: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (!isNotFound(error) || !/boundary|scope/i.test((error as Error).message)) throw error
    throw new Terminal(`the permissions boundary ${boundary} does not exist`, {
      cause: error,
      fix: 'deploy Fairway’s stack in that account; it makes the boundary',
    })
  }
}

async function inlinePolicies(client: IamClient, RoleName: string): Promise<string[]> {
  return pages(async (Marker) => {
    const answer = await findAws(`list the policies of role ${RoleName}`, () =>
      client.send(new ListRolePoliciesCommand({ RoleName, ...(Marker === undefined ? {} : { Marker }) })),
    )
    return [answer?.PolicyNames ?? [], answer?.Marker]
  })
}

async function attachedPolicies(client: IamClient, RoleName: string): Promise<string[]> {
  return pages(async (Marker) => {
    const answer = await findAws(`list what is attached to role ${RoleName}`, () =>
      client.send(new ListAttachedRolePoliciesCommand({ RoleName, ...(Marker === undefined ? {} : { Marker }) })),
    )
    return [(answer?.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []), answer?.Marker]
  })
}

async function ownPolicy(client: IamClient, RoleName: string): Promise<string | undefined> {
  const answer = await findAws(`read the policy of role ${RoleName}`, () =>
    client.send(new GetRolePolicyCommand({ RoleName, PolicyName: inlinePolicyName })),
  )
  return answer?.PolicyDocument
}

async function pages<Entry>(
  read: (marker: string | undefined) => Promise<[Entry[], string | undefined]>,
): Promise<Entry[]> {
  const entries: Entry[] = []
  let marker: string | undefined
  do {
    const [page, next] = await read(marker)
    entries.push(...page)
    marker = next
  } while (marker !== undefined)
  return entries
}
