import { CfnOutput, Duration, Tags } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import { Boundaries } from './boundary.ts'
import { Bus } from './bus.ts'
import { Credentials } from './credentials.ts'
import { EventRules } from './eventrules.ts'
import { StageFunctions } from './functions.ts'
import { Machines } from './machines.ts'
import { namesOf, type Names } from './names.ts'
import type { MachineName } from './rules.ts'
import { Schedules } from './schedules.ts'
import type { Stage } from './stages.ts'
import { StateTable } from './table.ts'
import { Webhooks } from './webhooks.ts'

export interface ControlPlaneProps {
  /**
   * Name of this installation, part of the name of everything that Fairway makes: it cannot be changed afterwards.
   * Lower-case letters, digits and single `-`, at most 20 characters.
   */
  readonly installation: string
  /**
   * NATS operators whose keys the control plane holds, as `Cluster.spec.nats.operator` names them: an empty secret
   * each.
   * @default ['main'], which is what a Cluster names when it names none
   */
  readonly natsOperators?: readonly string[]
  /**
   * Sources of type `git`: an empty webhook secret each.
   * @default none
   */
  readonly gitSources?: readonly string[]
  /**
   * Clusters whose Argo CD confirms removals by webhook: an empty secret each.
   * @default none
   */
  readonly argocdClusters?: readonly string[]
  /**
   * Workloads that one reading of a source may retire without an explicit go.
   * @default 1
   */
  readonly brakeWorkloads?: number
  /**
   * Days in which a deleted secret can be restored, 7 to 30.
   * @default 30
   */
  readonly secretRecoveryDays?: number
  /**
   * Base URL of Port's API.
   * @default https://api.port.io
   */
  readonly portUrl?: string
  /**
   * Author of the commits in cluster repositories.
   * @default Fairway, with an address that receives nothing
   */
  readonly commitAuthor?: { readonly name: string; readonly email: string }
  /**
   * Webhook requests a second, and the burst above it, for all senders together.
   * @default 20 a second, bursts of 40
   */
  readonly throttle?: { readonly rate: number; readonly burst: number }
  /**
   * How long logs are kept.
   * @default three months
   */
  readonly logRetention?: RetentionDays
  /**
   * How long events are kept for replaying.
   * @default 14 days
   */
  readonly archiveRetention?: Duration
  /**
   * Told of each alarm and of its end.
   * @default alarms change their state and tell nobody
   */
  readonly alarmTopic?: ITopic
  /**
   * For trying out: table, key and secrets are deleted with the stack. Otherwise they stay, and the table cannot be
   * deleted before its protection is taken away.
   * @default false
   */
  readonly disposable?: boolean
}

/** A whole installation of Fairway's control plane, in one account and region. */
export class ControlPlane extends Construct {
  /** Base URL of the webhooks. */
  readonly webhookUrl: string
  readonly table: TableV2
  readonly bus: IEventBus
  /** Of the control plane's secrets, and for `Cluster.spec.aws.secretsKey` of the clusters in this account. */
  readonly credentialsKey: IKey
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly machines: Readonly<Record<MachineName, IStateMachine>>

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id)
    const names = namesOf(props.installation)
    const { disposable = false, logRetention = RetentionDays.THREE_MONTHS } = props
    // Not the tag `fairway:installation`: it marks what functions may change.
    Tags.of(this).add('fairway:control-plane', names.installation)

    this.table = new StateTable(this, 'Table', { names, disposable }).table
    const credentials = new Credentials(this, 'Credentials', {
      names,
      disposable,
      natsOperators: props.natsOperators ?? ['main'],
      gitSources: props.gitSources ?? [],
      argocdClusters: props.argocdClusters ?? [],
    })
    this.credentialsKey = credentials.key
    new Boundaries(this, 'Boundaries', { names, credentialsKey: credentials.key.keyArn })
    const { bus, undelivered } = new Bus(this, 'Bus', {
      names,
      archiveRetention: props.archiveRetention ?? Duration.days(14),
    })
    this.bus = bus
    const functions = new StageFunctions(this, 'Functions', {
      names,
      credentialsKey: credentials.key,
      environment: this.environment(names, props),
      logRetention,
    }).byStage
    this.functions = functions
    const machines = new Machines(this, 'Machines', { names, functions, logRetention }).byName
    this.machines = machines
    new EventRules(this, 'Rules', { names, bus, machines, undelivered })
    const webhooks = new Webhooks(this, 'Webhooks', {
      names,
      intake: functions.intake,
      throttle: props.throttle ?? { rate: 20, burst: 40 },
      logRetention,
    })
    this.webhookUrl = webhooks.url
    new Schedules(this, 'Schedules', { names, sweep: functions.sweep, undelivered })
    const topic = props.alarmTopic ? { topic: props.alarmTopic } : {}
    new Alarms(this, 'Alarms', { names, machines, functions, undelivered, api: webhooks.api, ...topic })
    this.outputs(credentials)
  }

  /** Lets somebody carry out operations: declare, adopt, retire. What they say of who they are is on record as said. */
  grantOperate(grantee: IGrantable): Grant {
    return this.functions.operate.grantInvoke(grantee)
  }

  /** As lambdas/config.ts reads it; what is not given has its default there. */
  private environment(names: Names, props: ControlPlaneProps): Record<string, string> {
    const given: Readonly<Record<string, string | number | undefined>> = {
      FAIRWAY_TABLE: this.table.tableName,
      FAIRWAY_BUS: this.bus.eventBusName,
      FAIRWAY_BOUNDARY: names.boundary,
      FAIRWAY_CREDENTIALS_KEY: this.credentialsKey.keyArn,
      FAIRWAY_BRAKE_WORKLOADS: props.brakeWorkloads,
      FAIRWAY_SECRET_RECOVERY_DAYS: props.secretRecoveryDays,
      FAIRWAY_PORT_URL: props.portUrl,
      FAIRWAY_COMMIT_NAME: props.commitAuthor?.name,
      FAIRWAY_COMMIT_EMAIL: props.commitAuthor?.email,
    }
    return Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    )
  }

  private outputs({ key, secrets }: Credentials): void {
    const put = (name: string, value: string, description: string) =>
      // Named for people and scripts, without the hash that CDK adds.
      new CfnOutput(this, name, { value, description }).overrideLogicalId(`${this.node.id}${name}`)
    put('WebhookUrl', this.webhookUrl, 'Webhooks begin with this')
    put('OperateFunction', this.functions.operate.functionName, 'Carries out operations, for whom IAM lets call it')
    put('CredentialsKey', key.keyArn, 'For spec.aws.secretsKey of the clusters in this account and region')
    for (const { name, description } of secrets) {
      const title = name
        .split('/')
        .slice(2)
        .join('-')
        .replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
      put(`Secret${title}`, name, `To be filled: ${description}`)
    }
  }
}
