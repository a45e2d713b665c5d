/**
 * What goes over the event bus: references, never content. Level-triggered: an event says *look at this*.
 * Sources and detail types are matched by the rules in `infra/rules.ts`.
 */
export const eventSource = 'fairway'

export type FairwayEvent =
  /** A source may have changed: a push, a form, a schedule, an operation. */
  | {
      readonly type: 'SourceChanged'
      readonly detail: { readonly source: string; readonly reason: string; readonly delivery?: string }
    }
  /** A pull request's head wants a check; nothing is provisioned from it. */
  | {
      readonly type: 'PullRequestChanged'
      readonly detail: {
        readonly source: string
        readonly number: number
        readonly head: string
        readonly delivery: string
      }
    }
  | { readonly type: 'WorkloadChanged'; readonly detail: { readonly workload: string; readonly reason: string } }
  /** Its credentials want a step: somebody asked, one nears its end, or one that was replaced may have had its time. */
  | { readonly type: 'RotationRequested'; readonly detail: { readonly workload: string; readonly reason: string } }
  | { readonly type: 'WorkloadRemoved'; readonly detail: { readonly workload: string; readonly reason: string } }
  | { readonly type: 'SystemChanged'; readonly detail: { readonly system: string; readonly reason: string } }
  /** A part of the fleet is to be looked at (domain/fleet.ts); null is what this kind of it has not. */
  | {
      readonly type: 'ShardDue'
      readonly detail: {
        readonly shard: string
        readonly kind: string
        readonly account: string | null
        readonly region: string | null
        readonly url: string | null
        readonly branch: string | null
      }
    }
  /** The cluster's Argo CD says that a removed Application's objects are gone. */
  | { readonly type: 'RemovalConfirmed'; readonly detail: { readonly workload: string; readonly cluster: string } }

/** The service's own event, as EventBridge delivers it for a push to ECR. */
export interface EcrImageAction {
  readonly source: 'aws.ecr'
  readonly 'detail-type': 'ECR Image Action'
  readonly account: string
  readonly region: string
  readonly detail: {
    readonly 'action-type': 'PUSH' | 'DELETE'
    readonly result: 'SUCCESS' | 'FAILURE'
    readonly 'repository-name': string
    readonly 'image-digest': string
    readonly 'image-tag'?: string
  }
}

/**
 * A call of somebody, as CloudTrail reports it to EventBridge: the part of it that is looked at here.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export interface ApiCall {
  readonly source: 'aws.ecr' | 'aws.eks' | 'aws.iam' | 'aws.secretsmanager'
  readonly 'detail-type': 'AWS API Call via CloudTrail'
  readonly account: string
  readonly region: string
  readonly detail: {
    readonly eventName: string
    /** What the call asked for, as the caller gave it; what is secret is left out. */
    readonly requestParameters?: Readonly<Record<string, unknown>> | null
    readonly responseElements?: Readonly<Record<string, unknown>> | null
    /** Of a call that was refused, and changed nothing. */
    readonly errorCode?: string
  }
}

export interface EventBus {
  /** All or RetryLater; publishing again is harmless, consumers only look. */
  publish(events: readonly FairwayEvent[]): Promise<void>
}
