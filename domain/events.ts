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

/** A call to Secrets Manager, as CloudTrail reports it to EventBridge: the part of it that is looked at here. */
export interface SecretCall {
  readonly source: 'aws.secretsmanager'
  readonly 'detail-type': 'AWS API Call via CloudTrail'
  readonly account: string
  readonly region: string
  readonly detail: {
    readonly eventName: string
    /** `secretId` as the caller gave it: a name or an ARN. */
    readonly requestParameters: { readonly secretId: string }
  }
}

export interface EventBus {
  /** All or RetryLater; publishing again is harmless, consumers only look. */
  publish(events: readonly FairwayEvent[]): Promise<void>
}
