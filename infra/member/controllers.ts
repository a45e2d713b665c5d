import { Aws, RemovalPolicy } from 'aws-cdk-lib'
import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { acknowledgePatterns } from '../acknowledge.ts'
import type { Names } from '../names.ts'

/** An EKS cluster of this account, and the External Secrets controller in it. */
export interface ControllerCluster {
  /** Name of the EKS cluster, as `Cluster.spec.aws.cluster`. */
  readonly name: string
  /**
   * Region of the cluster.
   * @default the stack's own
   */
  readonly region?: string
  /**
   * Name of the controller's role. Each cluster has its own: what is not called as a Cluster takes it for granted goes
   * into `Cluster.spec.externalSecrets.role`, as an ARN.
   * @default fairway-external-secrets
   */
  readonly role?: string
  /**
   * Namespace and service account of the controller.
   * @default external-secrets, both
   */
  readonly namespace?: string
  readonly serviceAccount?: string
  /**
   * Makes the Pod Identity association too; only for a cluster in the stack's own region. Without it, the association is
   * made where the controller is installed (for example by the EKS add-on or eksctl).
   * @default false
   */
  readonly association?: boolean
}

export interface ControllersProps {
  readonly names: Names
  readonly clusters: readonly ControllerCluster[]
  readonly disposable: boolean
}

/**
 * The roles that External Secrets runs as: each may take on readers' roles of this installation, and nothing else. Which
 * reader's role it gets is for that role to say (capabilities/tenancy/trust.ts). They stay when the stack goes: without
 * them the clusters' secrets are not synchronised any more.
 */
export class Controllers extends Construct {
  constructor(scope: Construct, id: string, { names, clusters, disposable }: ControllersProps) {
    super(scope, id)
    const removalPolicy = disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN
    for (const cluster of clusters) {
      const roleName = nameOf(cluster)
      const same = clusters.filter((other) => other !== cluster && nameOf(other) === roleName)
      if (same.length > 0) {
        const all = [cluster, ...same].map(({ name }) => name).join(' and ')
        throw new Error(`the clusters ${all} have the same role ${roleName}: give each a \`role\` of its own`)
      }
      if (cluster.association === true && cluster.region !== undefined) {
        throw new Error(`the association of ${cluster.name} can only be made in its own region, ${cluster.region}`)
      }
      controller(new Construct(this, cluster.name), cluster, names, removalPolicy)
    }
  }
}

function nameOf({ role = 'fairway-external-secrets' }: ControllerCluster): string {
  return role
}

function controller(scope: Construct, cluster: ControllerCluster, names: Names, removalPolicy: RemovalPolicy): void {
  const { namespace = 'external-secrets', serviceAccount = 'external-secrets' } = cluster
  const readers = new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'TakeOnReaders',
        // Pod Identity's session tags go along, which is an action of its own.
        actions: ['sts:AssumeRole', 'sts:TagSession'],
        resources: [readersOf(names.installation)],
      }),
    ],
  })
  acknowledgePatterns(scope, readers)
  const role = new Role(scope, 'Role', {
    roleName: nameOf(cluster),
    description: `Fairway: External Secrets in ${cluster.name}, which takes on the readers of ${names.installation}`,
    assumedBy: podsOf(cluster, namespace, serviceAccount),
    inlinePolicies: { readers },
  })
  role.applyRemovalPolicy(removalPolicy)
  if (cluster.association !== true) return
  const association = new CfnPodIdentityAssociation(scope, 'Association', {
    clusterName: cluster.name,
    namespace,
    serviceAccount,
    roleArn: role.roleArn,
  })
  association.applyRemovalPolicy(removalPolicy)
}

/** As readerRoleName of domain/names.ts begins. */
function readersOf(installation: string): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/fairway/${installation}-_reader-*`
}

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
function podsOf({ name, region = Aws.REGION }: ControllerCluster, namespace: string, serviceAccount: string) {
  return new ServicePrincipal('pods.eks.amazonaws.com')
    .withConditions({
      StringEquals: {
        'aws:SourceAccount': Aws.ACCOUNT_ID,
        'aws:RequestTag/kubernetes-namespace': namespace,
        'aws:RequestTag/kubernetes-service-account': serviceAccount,
      },
      ArnEquals: { 'aws:SourceArn': `arn:${Aws.PARTITION}:eks:${region}:${Aws.ACCOUNT_ID}:cluster/${name}` },
    })
    .withSessionTags()
}
