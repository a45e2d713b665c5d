import { Aws, CfnOutput, Duration, Tags } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { Alarms } from './alarms.ts'
import { Boundaries } from './boundary.ts'
import { Bus } from './bus.ts'
import type { ControlPlaneProps } from './controlplaneprops.ts'
import { Credentials } from './credentials.ts'
import { Dashboard } from './dashboard.ts'
import { EventRules } from './eventrules.ts'
import { StageFunctions } from './functions.ts'
import { Handover } from './handover.ts'
import { Machines } from './machines.ts'
import { Controllers } from './member/controllers.ts'
import { namesOf, type Names } from './names.ts'
import { Operations } from './operations.ts'
import type { OperationName } from './routes.ts'
import { checkedAccounts, checkedRegions } from './places.ts'
import { checkProps } from './propchecks.ts'
import type { MachineName } from './rules.ts'
import { Schedules } from './schedules.ts'
import type { Stage } from './stages.ts'
import { StateTable } from './table.ts'
import { Webhooks } from './webhooks.ts'

export type { ControlPlaneProps } from './controlplaneprops.ts'

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
  private readonly operations: Operations

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id)
    const names = namesOf(props.installation)
    checkProps(props)
    const { disposable = false, logRetention = RetentionDays.THREE_MONTHS, unreadyAfter = Duration.hours(1) } = props
    const { fleetEvery = Duration.hours(1), sourcesEvery = Duration.minutes(10) } = props
    // Not the tag `fairway:installation`: it marks what functions may change.
    Tags.of(this).add('fairway:control-plane', names.installation, {
      // Their tags are new to CloudFormation, and not in its schema of every region.
      excludeResourceTypes: ['AWS::CloudWatch::Dashboard'],
    })

    this.table = new StateTable(this, 'Table', { names, disposable }).table
    const credentials = new Credentials(this, 'Credentials', {
      names,
      disposable,
      natsOperators: props.natsOperators ?? ['main'],
      gitSources: props.gitSources ?? [],
      argocdClusters: props.argocdClusters ?? [],
    })
    this.credentialsKey = credentials.key
    const reach = reachOf(props)
    const boundaries = new Boundaries(this, 'Boundaries', {
      names,
      credentialsKeys: [credentials.key.keyArn, ...reach.secretsKeys],
      disposable,
    })
    const { bus, undelivered } = new Bus(this, 'Bus', {
      names,
      archiveRetention: props.archiveRetention ?? Duration.days(14),
      members: reach.members,
    })
    this.bus = bus
    const handover = new Handover(this, 'Handover', { names, disposable })
    const functions = new StageFunctions(this, 'Functions', {
      names,
      credentialsKey: credentials.key,
      reach,
      boundary: boundaries.functions,
      environment: this.environment(names, props, handover),
      logRetention,
    }).byStage
    this.functions = functions
    handover.wake(functions.write)
    const machines = new Machines(this, 'Machines', { names, functions, logRetention }).byName
    this.machines = machines
    new EventRules(this, 'Rules', { names, bus, machines, functions, undelivered, members: reach.members })
    const webhooks = new Webhooks(this, 'Webhooks', {
      names,
      intake: functions.intake,
      throttle: props.throttle ?? { rate: 20, burst: 40 },
      logRetention,
    })
    this.webhookUrl = webhooks.url
    this.operations = new Operations(this, 'Operations', {
      api: webhooks.api,
      stage: webhooks.stage,
      functions,
      throttle: props.operationThrottle ?? { rate: 10, burst: 20 },
    })
    const { sweep, source } = functions
    new Schedules(this, 'Schedules', { names, sweep, source, undelivered, fleetEvery, sourcesEvery })
    const topic = props.alarmTopic ? { topic: props.alarmTopic } : {}
    const watched = { names, machines, functions, undelivered, handover, api: webhooks.api, unreadyAfter, fleetEvery }
    const alarms = new Alarms(this, 'Alarms', { ...watched, ...topic }).all
    new Dashboard(this, 'Dashboard', { ...watched, alarms })
    new Controllers(this, 'Controllers', { names, clusters: props.clusters ?? [], disposable })
    this.outputs(credentials)
  }

  /**
   * Lets somebody carry out these operations, all when none is named, and nothing else. Who it was is on record as IAM
   * knows it.
   */
  grantOperate(grantee: IGrantable, ...operations: readonly OperationName[]): Grant {
    return this.operations.grant(grantee, operations)
  }

  /** As lambdas/config.ts reads it; what is not given has its default there. */
  private environment(names: Names, props: ControlPlaneProps, handover: Handover): Record<string, string> {
    const given: Readonly<Record<string, string | number | undefined>> = {
      FAIRWAY_TABLE: this.table.tableName,
      FAIRWAY_BUS: this.bus.eventBusName,
      FAIRWAY_BOUNDARY: names.boundary,
      FAIRWAY_CREDENTIALS_KEY: this.credentialsKey.keyArn,
      ...entranceOf(names, props),
      FAIRWAY_BRAKE_WORKLOADS: props.brakeWorkloads,
      FAIRWAY_CONCURRENT: props.concurrent,
      FAIRWAY_BRAKE_PERCENT: props.brakePercent,
      FAIRWAY_BRAKE_SYSTEM_PERCENT: props.brakeSystemPercent,
      FAIRWAY_FLEET_MINUTES: props.fleetEvery?.toMinutes(),
      FAIRWAY_FLEET_SAMPLE: props.fleetSample,
      FAIRWAY_SECRET_RECOVERY_DAYS: props.secretRecoveryDays,
      FAIRWAY_OVERLAP_MINUTES: props.overlap?.least?.toMinutes({ integral: false }),
      FAIRWAY_OVERLAP_HOURS: props.overlap?.most?.toHours({ integral: false }),
      FAIRWAY_GITHUB_URL: props.githubUrl,
      FAIRWAY_PORT_URL: props.portUrl,
      FAIRWAY_COMMIT_NAME: props.commitAuthor?.name,
      FAIRWAY_COMMIT_EMAIL: props.commitAuthor?.email,
      FAIRWAY_CONTENTS: handover.contents.bucketName,
      FAIRWAY_WRITER_QUEUE: handover.writers.queueUrl,
      FAIRWAY_COMMIT_CHANGES: props.commitLimits?.changes,
      FAIRWAY_COMMIT_FILES: props.commitLimits?.files,
      FAIRWAY_COMMIT_BYTES: props.commitLimits?.bytes,
      FAIRWAY_COMMIT_GATHER_MILLISECONDS: props.commitLimits?.gather?.toMilliseconds(),
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
    put('OperationsUrl', this.webhookUrl, 'Operations begin with this: `fairway status --url`')
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

/** More would not fit into IAM's limit for the policies of a role: test/infra/permissions.test.ts measures it. */
const mostMembers = 50

function reachOf({ members = [], secretsKeys = [], regions }: ControlPlaneProps) {
  if (members.length > mostMembers) {
    throw new Error(`members: a control plane has room for ${mostMembers} accounts, and these are ${members.length}`)
  }
  return {
    members: checkedAccounts('members', members),
    secretsKeys,
    ...(regions ? { regions: checkedRegions('regions', regions) } : {}),
  }
}

/** How functions get into member accounts: lambdas/runtime/clients.ts fills in account and capability. */
function entranceOf(names: Names, { members = [], externalId = names.externalId }: ControlPlaneProps) {
  if (members.length === 0) return {}
  return {
    FAIRWAY_MEMBERS: members.join(','),
    FAIRWAY_MEMBER_ROLE: `arn:${Aws.PARTITION}:iam::{account}:role/fairway-control/${names.base}-{capability}`,
    FAIRWAY_EXTERNAL_ID: externalId,
  }
}
