import type { Installation, NamedCluster } from '../../domain/capability.ts'
import type { Target } from '../steps.ts'
import { failed, ok, type Check, type Verdict } from './check.ts'
import type { CapabilityAnswer, DoctorPorts } from './ports.ts'
import { placesOf } from './world.ts'

type Ports = Pick<DoctorPorts, 'capability' | 'installation'>

/** Capabilities that work in a cluster's account and region, and those that do in the control plane's. */
const placed = ['iam', 'secrets', 'tenancy']

/** Each capability's function has a way into every account and region that it has to work in. */
export function capabilityChecks(ports: Ports, clusters: readonly NamedCluster[]): readonly Check[] {
  const { account, region } = ports.installation
  const users = clusters.filter(({ spec }) => spec.nats !== undefined)
  return [
    capability(ports, 'ecr', { account, region }),
    ...placesOf(clusters).flatMap((place) => placed.map((name) => capability(ports, name, place))),
    ...placesOf(users).map((place) => capability(ports, 'nats', place)),
  ]
}

function capability({ capability: ask, installation }: Ports, name: string, target: Target): Check {
  const where = `account ${target.account}, ${target.region}`
  return {
    id: `capability/${name}/${target.account}/${target.region}`,
    what: `the function ${name} has a way into ${where}`,
    fix: wayIn(installation, target),
    run: async () => entered(await ask(name, target), target),
  }
}

function entered(answer: CapabilityAnswer, target: Target): Verdict {
  if (!answer.ok) return failed(answer.failure.message)
  if (answer.account !== target.account) return failed(`it would work in the account ${answer.account}`)
  return ok(`it works there as ${answer.arn}`)
}

function wayIn({ account, name }: Installation, target: Target): string {
  if (target.account === account) return 'deploy the control plane’s stack again'
  return `deploy MemberAccount in account ${target.account} for ${target.region}, with the installation ${name}, this control plane’s account ${account} and the external id of the control plane (docs/accounts.md)`
}

/** NATS servers are reached by the function that pushes to them, with the keys that it pushes with. */
export function natsChecks({ capability: ask }: Ports, clusters: readonly NamedCluster[]): readonly Check[] {
  return clusters.flatMap(({ name, spec: { aws, nats } }) => {
    if (nats === undefined) return []
    const { account, region } = aws
    return [
      {
        id: `nats/${name}`,
        what: `the NATS servers of ${name} let Fairway in (${nats.url}, operator ${nats.operator})`,
        fix: `look at spec.nats of Cluster ${name}, and whether the servers are up and can be reached from the function nats`,
        run: async () => {
          const answer = await ask('nats', { account, region }, { operator: nats.operator, url: nats.url })
          if (!answer.ok) return failed(answer.failure.message, answer.failure.fix)
          return ok(
            'its system user is let in; whether the servers trust the signing key shows when an account is pushed',
          )
        },
      },
    ]
  })
}
