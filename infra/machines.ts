import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { readFileSync } from 'node:fs'
import { acknowledge } from './acknowledge.ts'
import type { Names } from './names.ts'
import { machineNames, type MachineName } from './rules.ts'
import { placeholderOf, stageNames, type Stage } from './stages.ts'

export interface MachinesProps {
  readonly names: Names
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly logRetention: RetentionDays
}

/** The state machines, from the very files that run locally. */
export class Machines extends Construct {
  readonly byName: Readonly<Record<MachineName, StateMachine>>

  constructor(scope: Construct, id: string, props: MachinesProps) {
    super(scope, id)
    this.byName = Object.fromEntries(
      machineNames.map((name) => [name, machine(new Construct(this, name), name, props)]),
    ) as Record<MachineName, StateMachine>
  }
}

function machine(scope: Construct, name: MachineName, props: MachinesProps): StateMachine {
  const { names, functions, logRetention } = props
  const definition = readFileSync(new URL(`../stepfunctions/${name}.asl.json`, import.meta.url), 'utf8')
  const placeholders = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''))
  const called = stageNames.filter((stage) => placeholders.has(placeholderOf(stage)))
  const role = new Role(scope, 'Role', {
    path: '/fairway-control/',
    description: `Fairway, ${name}: calls exactly the functions that its definition names`,
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    inlinePolicies: {
      calls: callsOf(called.map((stage) => functions[stage].functionArn)),
    },
  })
  const made = new StateMachine(scope, 'Machine', {
    stateMachineName: names.machine(name),
    // In the template and not in a bucket, so that who reads or lints the template sees it; without its indentation.
    definitionBody: DefinitionBody.fromString(JSON.stringify(JSON.parse(definition))),
    definitionSubstitutions: Object.fromEntries(
      called.map((stage) => [placeholderOf(stage), functions[stage].functionArn]),
    ),
    role,
    logs: {
      level: LogLevel.ERROR,
      // Inputs and outputs stay in the execution's history, where who may read them is decided separately.
      includeExecutionData: false,
      destination: new LogGroup(scope, 'Logs', {
        // This prefix keeps clear of the size limit of the account's log resource policy:
        // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
        logGroupName: `/aws/vendedlogs/states/${names.machine(name)}`,
        retention: logRetention,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    },
    tracingEnabled: true,
  })
  acknowledgeLogging(made, role)
  return made
}

function callsOf(functions: readonly string[]): PolicyDocument {
  return new PolicyDocument({
    minimize: false,
    statements: [
      new PolicyStatement({ sid: 'CallFunctions', actions: ['lambda:InvokeFunction'], resources: [...functions] }),
    ],
  })
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
function acknowledgeLogging(machine: StateMachine, role: Role): void {
  acknowledge(
    role.node.findChild('DefaultPolicy'),
    'IAM5[Resource::*]',
    'CDK lets it deliver logs and traces: these calls of AWS know no resources',
  )
  acknowledge(
    machine,
    'SF1',
    'every event of a Standard execution stays in its history for 90 days; in the log it would be paid for again',
  )
}
