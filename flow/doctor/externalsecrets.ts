import type { NamedCluster } from '../../domain/capability.ts'
import { partitionOf } from '../../domain/partition.ts'
import { statementsOf } from '../../domain/policy.ts'
import type { PolicyStatement } from '../../domain/policy.ts'
import { matches } from '../../domain/wildcard.ts'
import { failed, ok, skipped, type Check, type Verdict } from './check.ts'
import type { AccountAccess, DoctorPorts } from './ports.ts'

/** How External Secrets is installed where the Cluster says nothing else; capabilities/tenancy/trust.ts relies on it. */
const usual = { role: 'fairway-external-secrets', namespace: 'external-secrets', serviceAccount: 'external-secrets' }

/** The controller reads secrets as its own role first: without it no secret reaches the cluster. */
export function controllerCheck(ports: Pick<DoctorPorts, 'account'>, cluster: NamedCluster): Check {
  const { name, spec } = cluster
  const arn = spec.externalSecrets?.role ?? defaultRole(cluster)
  return {
    id: `external-secrets/${name}`,
    what: `the External Secrets controller of ${name} has its role (${arn})`,
    fix: `make the role, and let it be assumed by the controller’s service account: fairway bootstrap cluster ${name} prints what is needed`,
    run: async () => {
      const account = arn.split(':')[4]
      if (account !== spec.aws.account)
        return skipped(`it is in the account ${account}, which Fairway does not look into`)
      const access = await ports.account(spec.aws)
      const role = await access.role(arn.split('/').at(-1) ?? '')
      if (role === undefined || role.arn !== arn) return failed('there is no such role: no secret reaches the cluster')
      const statements = statementsOf(role.trust)
      return spec.identity === 'irsa'
        ? federated(statements, cluster)
        : associated(statements, cluster, await associatedRoles(access, cluster), arn)
    },
  }
}

function associated(
  statements: readonly PolicyStatement[],
  cluster: NamedCluster,
  roles: readonly string[],
  arn: string,
): Verdict {
  const trusting = allowing(statements, 'sts:AssumeRole', 'Service', 'pods.eks.amazonaws.com')
  if (!trusting.some((statement) => allows(statement, 'sts:TagSession'))) {
    return failed('its trust policy does not let pods.eks.amazonaws.com assume it and tag the session')
  }
  const { account, region, cluster: eks } = cluster.spec.aws
  const { namespace, serviceAccount } = controller(cluster)
  const unlike = contradicted(trusting, {
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:${partitionOf(region)}:eks:${region}:${account}:cluster/${eks}`,
    'aws:RequestTag/eks-cluster-name': eks,
    'aws:RequestTag/kubernetes-namespace': namespace,
    'aws:RequestTag/kubernetes-service-account': serviceAccount,
  })
  if (unlike) return failed(unlike)
  const who = `${namespace}/${serviceAccount}`
  if (roles.includes(arn)) return ok(`it is associated with ${who}`)
  return failed(
    roles.length === 0 ? `no role is associated with ${who}` : `${who} has another role: ${roles.join(', ')}`,
    `aws eks create-pod-identity-association --cluster-name ${eks} --namespace ${namespace} --service-account ${serviceAccount} --role-arn ${arn} --region ${region}`,
  )
}

function federated(statements: readonly PolicyStatement[], cluster: NamedCluster): Verdict {
  const { account, region, oidcProvider = '' } = cluster.spec.aws
  const provider = `arn:${partitionOf(region)}:iam::${account}:oidc-provider/${oidcProvider}`
  const { namespace, serviceAccount } = controller(cluster)
  const subject = `system:serviceaccount:${namespace}:${serviceAccount}`
  const trusting = allowing(statements, 'sts:AssumeRoleWithWebIdentity', 'Federated', provider)
  if (trusting.length === 0) return failed(`its trust policy does not name the issuer of this cluster (${provider})`)
  const unlike = contradicted(trusting, {
    [`${oidcProvider}:sub`]: subject,
    [`${oidcProvider}:aud`]: 'sts.amazonaws.com',
  })
  return unlike ? failed(unlike) : ok(`${subject} may assume it`)
}

type Facts = Readonly<Record<string, string>>

/** Says what keeps all of these statements from holding; undefined when one may. Conditions on other keys may hold. */
function contradicted(statements: readonly PolicyStatement[], facts: Facts): string | undefined {
  const reasons = statements.map((statement) => contradiction(statement, facts))
  return reasons.includes(undefined) ? undefined : reasons[0]
}

function contradiction({ Condition = {} }: PolicyStatement, facts: Facts): string | undefined {
  const known = new Map(Object.entries(facts).map(([key, value]) => [key.toLowerCase(), { key, value }]))
  for (const [operator, keys] of Object.entries(Condition)) {
    // Equality and likeness of texts and ARNs; an ARN is always compared with wildcards.
    if (!/^(String|Arn)(Equals|Like)/.test(operator)) continue
    const exact = operator.startsWith('StringEquals')
    for (const [name, wanted] of Object.entries(keys)) {
      const fact = known.get(name.toLowerCase())
      const holds = (text: string) => text === fact?.value || (!exact && matches(text, fact?.value ?? ''))
      if (fact && !listed(wanted).some(holds)) return `its trust policy asks for another ${fact.key} than ${fact.value}`
    }
  }
  return undefined
}

function associatedRoles(access: AccountAccess, cluster: NamedCluster): Promise<readonly string[]> {
  const { namespace, serviceAccount } = controller(cluster)
  return access.associatedRoles(cluster.spec.aws.cluster, namespace, serviceAccount)
}

function controller({ spec: { externalSecrets } }: NamedCluster) {
  return {
    namespace: externalSecrets?.namespace ?? usual.namespace,
    serviceAccount: externalSecrets?.serviceAccount ?? usual.serviceAccount,
  }
}

function defaultRole({ spec: { aws } }: NamedCluster): string {
  return `arn:${partitionOf(aws.region)}:iam::${aws.account}:role/${usual.role}`
}

function allowing(statements: readonly PolicyStatement[], action: string, type: string, principal: string) {
  return statements.filter(
    (statement) =>
      statement.Effect === 'Allow' &&
      allows(statement, action) &&
      listed(statement.Principal?.[type]).includes(principal),
  )
}

function allows({ Action }: PolicyStatement, action: string): boolean {
  return listed(Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()))
}

function listed(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
