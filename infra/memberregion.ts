import { Aws, CfnOutput, Tags } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { credentialsKey } from './credentialskey.ts'
import { Forwarding } from './member/forwarding.ts'
import { namesOf } from './names.ts'
import { checkedAccounts, checkedRegions } from './places.ts'

export interface MemberRegionProps {
  /** The installation's name, as the control plane has it. */
  readonly installation: string
  /** Id of the account that the control plane is in; it may be this one. */
  readonly controlPlaneAccount: string
  /**
   * Region that the control plane is in.
   * @default the stack's own
   */
  readonly controlPlaneRegion?: string
  /**
   * A key for the secrets of clusters in this region. Not needed where there are none: in us-east-1, say, for nothing
   * but IAM's events.
   * @default true
   */
  readonly key?: boolean
  /**
   * Told when change events cannot be delivered, and when that is over.
   * @default the alarm changes its state and tells nobody
   */
  readonly alarmTopic?: ITopic
  /**
   * For trying out: the key, and in `MemberAccount` the boundaries of workloads and the controllers' roles, are deleted
   * with the stack. Otherwise they stay, because what is encrypted with the key does, and roles that have a boundary.
   * @default false
   */
  readonly disposable?: boolean
}

/**
 * What one region of one account has: a key of credentials, and rules that tell the control plane's bus what others
 * change. `MemberAccount` brings one for its own region; each further region that has clusters gets one in a stack of
 * its own, in member accounts and in that of the control plane.
 */
export class MemberRegion extends Construct {
  /** For `Cluster.spec.aws.secretsKey` of the clusters in this account and region. */
  readonly credentialsKey: IKey | undefined

  constructor(scope: Construct, id: string, props: MemberRegionProps) {
    super(scope, id)
    const names = namesOf(props.installation)
    const [account = ''] = checkedAccounts('controlPlaneAccount', [props.controlPlaneAccount])
    if (props.controlPlaneRegion !== undefined) checkedRegions('controlPlaneRegion', [props.controlPlaneRegion])
    // Not the tag `fairway:installation`: it marks what functions may change.
    Tags.of(this).add('fairway:control-plane', names.installation)
    if (props.key ?? true) {
      this.credentialsKey = credentialsKey(this, names, props.disposable ?? false)
      const description = 'For spec.aws.secretsKey of the clusters in this account and region'
      // Named for people and scripts, without the hash that CDK adds.
      new CfnOutput(this, 'CredentialsKey', { value: this.credentialsKey.keyArn, description }).overrideLogicalId(
        'FairwayCredentialsKey',
      )
    }
    new Forwarding(this, 'Changes', {
      names,
      controlPlane: { account, region: props.controlPlaneRegion ?? Aws.REGION },
      ...(props.alarmTopic ? { alarmTopic: props.alarmTopic } : {}),
    })
  }
}
