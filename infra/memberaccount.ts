import { Stack, Tags, Token } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { Boundaries } from './boundary.ts'
import { Controllers, type ControllerCluster } from './member/controllers.ts'
import { MemberRoles } from './member/roles.ts'
import { MemberRegion, type MemberRegionProps } from './memberregion.ts'
import { namesOf } from './names.ts'
import { checkedRegions } from './places.ts'

export interface MemberAccountProps extends MemberRegionProps {
  /**
   * What the roles ask for before the control plane gets them. No secret: it keeps a control plane that is asked by
   * somebody else from working in this account. `ControlPlane.externalId` has to be the same.
   * @default fairway-<installation>
   */
  readonly externalId?: string
  /**
   * Regions of this account that have clusters.
   * @default the stack's own
   */
  readonly regions?: readonly string[]
  /**
   * ARNs of further keys that clusters of this account name as `spec.aws.secretsKey`: those of its other regions.
   * @default none: the key that is made here, and the account's aws/secretsmanager keys
   */
  readonly secretsKeys?: readonly string[]
  /**
   * Clusters that get a role for their External Secrets controller.
   * @default none: such roles are made elsewhere
   */
  readonly clusters?: readonly ControllerCluster[]
}

/**
 * An account, other than the control plane's, that holds clusters: the roles that the control plane's functions take on
 * here, what these and the roles they make can never do, and what its own region has.
 */
export class MemberAccount extends Construct {
  /** For `Cluster.spec.aws.secretsKey` of the clusters in this account and region. */
  readonly credentialsKey: IKey | undefined

  constructor(scope: Construct, id: string, props: MemberAccountProps) {
    super(scope, id)
    const names = namesOf(props.installation)
    const { controlPlaneAccount, regions, secretsKeys = [], clusters = [], disposable = false } = props
    const { account } = Stack.of(this)
    if (!Token.isUnresolved(account) && account === controlPlaneAccount) {
      throw new Error(`${account} is the control plane's own account: its functions need no member role there`)
    }
    Tags.of(this).add('fairway:control-plane', names.installation)
    this.credentialsKey = new MemberRegion(this, 'Region', props).credentialsKey
    const credentialsKeys = [...(this.credentialsKey ? [this.credentialsKey.keyArn] : []), ...secretsKeys]
    const boundaries = new Boundaries(this, 'Boundaries', { names, credentialsKeys, disposable })
    new MemberRoles(this, 'Roles', {
      names,
      controlPlaneAccount,
      externalId: props.externalId ?? names.externalId,
      credentialsKeys,
      boundary: boundaries.functions,
      ...(regions ? { regions: checkedRegions('regions', regions) } : {}),
    })
    new Controllers(this, 'Controllers', { names, clusters, disposable })
  }
}
