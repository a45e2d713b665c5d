import type { Duration } from 'aws-cdk-lib'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { ControllerCluster } from './member/controllers.ts'

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
   * Ids of other accounts that hold clusters, each with a `MemberAccount`. Functions work in these and in no other, and
   * the bus takes change events from these and from no other. At most 50.
   * @default none: clusters are in this account
   */
  readonly members?: readonly string[]
  /**
   * What member accounts ask for before they let the control plane in, as `MemberAccount.externalId`.
   * @default fairway-<installation>
   */
  readonly externalId?: string
  /**
   * Regions of this account that have clusters. Everything else stays in the stack's own region.
   * @default the stack's own
   */
  readonly regions?: readonly string[]
  /**
   * ARNs of further keys that clusters of this account name as `spec.aws.secretsKey`: those of its other regions.
   * @default none: `credentialsKey`, and the account's aws/secretsmanager keys
   */
  readonly secretsKeys?: readonly string[]
  /**
   * Clusters of this account that get a role for their External Secrets controller.
   * @default none: such roles are made elsewhere
   */
  readonly clusters?: readonly ControllerCluster[]
  /**
   * Workloads that one reading of a source may retire without an explicit go.
   * @default 1
   */
  readonly brakeWorkloads?: number
  /**
   * Resources that the sweep has at work at once: what drifted, nears its expiry, or was left behind. What people ask for
   * is started beside that.
   * @default 50
   */
  readonly concurrent?: number
  /**
   * Part of all workloads that goes at once without an explicit go, in per cent. One alone of a source may, unless as
   * many leave at other sources within the hour; three always may.
   * @default 10
   */
  readonly brakePercent?: number
  /**
   * Part of a system's workloads that goes at once without an explicit go, in per cent. One alone always may.
   * @default 25
   */
  readonly brakeSystemPercent?: number
  /**
   * Between two looks at the whole fleet for what differs from what is declared, 5 minutes to 6 hours.
   * @default one hour
   */
  readonly fleetEvery?: Duration
  /**
   * Between two looks at the heads of all sources, 1 minute to a day: how late a lost webhook is noticed.
   * @default 10 minutes
   */
  readonly sourcesEvery?: Duration
  /**
   * Workloads of each account, region and registry that a look samples more deeply than pages show, in turns.
   * @default 5
   */
  readonly fleetSample?: number
  /**
   * Days in which a deleted secret can be restored, 7 to 30.
   * @default 30
   */
  readonly secretRecoveryDays?: number
  /**
   * How long a replaced credential goes on working after the commit that replaced it: at least, and at most while it is
   * used. What was replaced can be rolled back to for as long.
   * @default 15 minutes at least, 24 hours at most
   */
  readonly overlap?: { readonly least?: Duration; readonly most?: Duration }
  /**
   * Base URL of the API of the GitHub that the App is on; `https://<host>/api/v3` for GitHub Enterprise Server.
   * @default https://api.github.com
   */
  readonly githubUrl?: string
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
   * The most that travels in one commit to a cluster repository, and how long its writer waits for more where several
   * changes wait already.
   * @default 250 changes, 5,000 files, 16 MB; half a second
   */
  readonly commitLimits?: {
    readonly changes?: number
    readonly files?: number
    readonly bytes?: number
    readonly gather?: Duration
  }
  /**
   * Webhook requests a second, and the burst above it, for all senders together.
   * @default 20 a second, bursts of 40
   */
  readonly throttle?: { readonly rate: number; readonly burst: number }
  /**
   * Requests a second for each operation of people, and the burst above it, for all of them together.
   * @default 10 a second, bursts of 20
   */
  readonly operationThrottle?: { readonly rate: number; readonly burst: number }
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
   * How long something may be neither ready nor waiting for people before an alarm tells.
   * @default one hour
   */
  readonly unreadyAfter?: Duration
  /**
   * Told of each alarm and of its end.
   * @default alarms change their state and tell nobody
   */
  readonly alarmTopic?: ITopic
  /**
   * For trying out: table, key, secrets, boundaries and the controllers' roles are deleted with the stack. Otherwise they
   * stay, and the table cannot be deleted before its protection is taken away.
   * @default false
   */
  readonly disposable?: boolean
}
