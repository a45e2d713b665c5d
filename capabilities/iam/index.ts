import type { IamAction, IamObserved } from './plan.ts'
import { plan } from './plan.ts'
import type { Provisioner, Renderer } from '../../domain/capability.ts'
import type { IamOutput, PlacementOutputs } from '../../domain/outputs.ts'
import { desired } from './desired.ts'
import type { IamDesired, IamSubject } from './desired.ts'
import { apply, observe } from './remote.ts'
import type { IamRemote } from './remote.ts'
import { render } from './render.ts'

export type { IamSubject } from './desired.ts'
export type { IamRemote } from './remote.ts'

/** The identity of a placement: an IAM role where AWS is needed, tied to a ServiceAccount. */
export const iam: Provisioner<IamSubject, IamDesired, IamObserved, IamAction, IamOutput, IamRemote> &
  Renderer<IamSubject, Pick<PlacementOutputs, 'iam'>> = {
  name: 'iam',
  per: 'placement',
  desired,
  observe,
  plan,
  apply,
  outputs,
  waiting: () => [],
  due: () => undefined,
  render: (subject, outputs) => render(subject, outputs.iam),
}

function outputs(wanted: IamDesired): IamOutput | undefined {
  if (wanted.ensure === 'absent') return undefined
  const { serviceAccount } = wanted.holder
  return wanted.role ? { serviceAccount, roleArn: wanted.role.arn } : { serviceAccount }
}
