import { CreatePodIdentityAssociationCommand, UpdatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { isAlreadyThere, isNotFound } from '../../domain/awserrors.ts'
import type { AwsClients } from '../aws/index.ts'

type Iam = ReturnType<AwsClients['iam']>

/**
 * The simulated EKS beside somebody else's IAM: it looks the role of an association up in the simulated IAM, so what
 * the IAM of `from` says of that role is brought to that of `to` first.
 */
export function eksBesideIam(
  simulated: Pick<AwsClients, 'eks'>,
  { from, to }: { readonly from: Pick<AwsClients, 'iam'>; readonly to: Pick<AwsClients, 'iam'> },
): Pick<AwsClients, 'eks'> {
  return {
    eks: (place) => {
      const send = async (command: { readonly input: object }) => {
        if (associates(command)) await bringRole(command.input.roleArn ?? '', from.iam(place), to.iam(place))
        return simulated.eks(place).send(command as never)
      }
      return { send }
    },
  }
}

function associates(
  command: object,
): command is CreatePodIdentityAssociationCommand | UpdatePodIdentityAssociationCommand {
  return (
    command instanceof CreatePodIdentityAssociationCommand || command instanceof UpdatePodIdentityAssociationCommand
  )
}

async function bringRole(arn: string, from: Iam, to: Iam): Promise<void> {
  const RoleName = arn.split('/').at(-1) ?? ''
  const role = await unlessAbsent(async () => (await from.send(new GetRoleCommand({ RoleName }))).Role)
  if (role === undefined) {
    await unlessAbsent(() => to.send(new DeleteRoleCommand({ RoleName })))
    return
  }
  const PolicyDocument = decodeURIComponent(role.AssumeRolePolicyDocument ?? '')
  try {
    await to.send(new CreateRoleCommand({ RoleName, Path: role.Path, AssumeRolePolicyDocument: PolicyDocument }))
  } catch (error) {
    if (!isAlreadyThere(error)) throw error
    await to.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))
  }
}

async function unlessAbsent<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
