import type { Installation, NamedCluster } from '../../domain/capability.ts'
import { boundaryArn } from '../../domain/names.ts'
import type { Target } from '../steps.ts'
import { failed, ok, warning, type Check } from './check.ts'
import type { DoctorPorts } from './ports.ts'
import { accountsOf } from './world.ts'

type Ports = Pick<DoctorPorts, 'account' | 'installation'>

/** Of the quota for IAM roles that may be used before somebody should ask for more: raising it takes days. */
const nearlyFull = 0.8

/** What Fairway's own stacks make in an account, and how much room it has. */
export function accountChecks(ports: Ports, clusters: readonly NamedCluster[]): readonly Check[] {
  const { permissionsBoundary } = ports.installation
  return accountsOf(clusters).flatMap((place) => [
    boundary(ports, place, permissionsBoundary, 'roles of workloads'),
    boundary(ports, place, `${permissionsBoundary}-reader`, 'roles that SecretStores read with'),
    quota(ports, place),
  ])
}

function boundary({ account, installation }: Ports, place: Target, name: string, what: string): Check {
  const arn = boundaryArn(place, name)
  return {
    id: `boundary/${place.account}/${name}`,
    what: `the permissions boundary for ${what} exists in account ${place.account}`,
    fix: stackOf(installation, place),
    run: async () =>
      (await (await account(place)).policyExists(arn))
        ? ok(arn)
        : failed(`there is no policy ${arn}: no role can be made there`),
  }
}

function stackOf(installation: Installation, { account }: Target): string {
  const stack = account === installation.account ? 'the control plane’s stack' : `MemberAccount in account ${account}`
  return `deploy ${stack} again, which makes it and lets Fairway read it`
}

function quota({ account }: Ports, place: Target): Check {
  return {
    id: `quota/${place.account}`,
    what: `account ${place.account} has room for more IAM roles`,
    fix: 'ask for more in Service Quotas (IAM, Roles per account), or use fewer roles in that account',
    run: async () => {
      const { used, quota: most } = await (await account(place)).roles()
      const message = `${used} of ${most} roles are used`
      if (used >= most) return failed(message)
      return used >= most * nearlyFull ? warning(message) : ok(message)
    },
  }
}
