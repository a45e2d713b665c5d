import { Aws, Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import { PolicyDocument, Role, ServicePrincipal, type IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Architecture, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { fileURLToPath } from 'node:url'
import { acknowledgePatterns } from './acknowledge.ts'
import { bundling } from './bundling.ts'
import type { Names } from './names.ts'
import { centralGrants, memberGrants, placementGrants } from './stagegrants.ts'
import { stageNames, stages, type Stage, type StageSize } from './stages.ts'
import { statementsOf } from './statements.ts'

export interface StageFunctionsProps {
  readonly names: Names
  readonly credentialsKey: IKey
  /** Where placements may be, beside this region and with other keys than this one. */
  readonly reach?: Reach
  /** What no function can do, whatever its grants say. */
  readonly boundary?: IManagedPolicy
  /** As lambdas/config.ts reads it. What is not given has its default there. */
  readonly environment: Readonly<Record<string, string>>
  readonly logRetention: RetentionDays
}

export interface Reach {
  /** Regions of this account that have clusters; the stack's own when absent. */
  readonly regions?: readonly string[]
  /** ARNs of the keys that clusters in other regions name as `spec.aws.secretsKey`. */
  readonly secretsKeys?: readonly string[]
  /** Ids of other accounts that have clusters. */
  readonly members?: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** One function per stage, and per function a log group and a role with exactly the stage's grants. */
export class StageFunctions extends Construct {
  readonly byStage: Readonly<Record<Stage, NodejsFunction>>

  constructor(scope: Construct, id: string, props: StageFunctionsProps) {
    super(scope, id)
    this.byStage = Object.fromEntries(
      stageNames.map((stage) => [stage, stageFunction(new Construct(this, stage), stage, props)]),
    ) as Record<Stage, NodejsFunction>
  }
}

export function stageFunction(scope: Construct, stage: Stage, props: StageFunctionsProps): NodejsFunction {
  const { names, environment, logRetention } = props
  const { description, timeout, memory, storage, recursive }: StageSize = stages[stage]
  const functionName = names.stage(stage)
  const grants = grantsOfFunction(stage, props)
  acknowledgePatterns(scope, grants)
  return new NodejsFunction(scope, 'Function', {
    functionName,
    description: `Fairway: ${description}`,
    entry: `${root}lambdas/${stage}/handler.ts`,
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    bundling,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    timeout: Duration.seconds(timeout),
    memorySize: memory,
    ...(storage === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(storage) }),
    ...(recursive === undefined ? {} : { recursiveLoop: RecursiveLoop.ALLOW }),
    environment: { ...environment, FAIRWAY_INSTALLATION: names.installation, FAIRWAY_ACCOUNT: Aws.ACCOUNT_ID },
    // Everything that calls a function tries again by itself, with back-off and a limit; and a sweep that was held up
    // for long is worth no more than the next one.
    retryAttempts: 0,
    maxEventAge: Duration.minutes(2),
    logGroup: new LogGroup(scope, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    role: new Role(scope, 'Role', {
      roleName: functionName,
      // Not /fairway/, where the roles of workloads are that the iam function may change.
      path: '/fairway-control/',
      description: `Fairway, ${stage}: exactly what this function calls`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { grants },
      ...(props.boundary ? { permissionsBoundary: props.boundary } : {}),
    }),
  })
}

function grantsOfFunction(stage: Stage, { names, credentialsKey, reach = {} }: StageFunctionsProps): PolicyDocument {
  const { installation, boundary } = names
  const { regions, secretsKeys = [], members = [] } = reach
  const key = credentialsKey.keyArn
  const central = { installation, boundary, stage, credentialsKey: key }
  const placements = { ...central, credentialsKey: [key, ...secretsKeys], ...(regions ? { region: regions } : {}) }
  return new PolicyDocument({
    minimize: false,
    statements: [
      ...statementsOf(centralGrants(stage), central),
      ...statementsOf(placementGrants[stage] ?? [], placements),
      ...statementsOf(memberGrants(stage), { ...central, member: members }),
    ],
  })
}
