import { CreateStackCommand, DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { Api, Json } from './api.ts'
import { lacking, type Made } from './lacking.ts'
import { fillTokens, references, rewritten, token, withoutReferences, type Resource, type Template } from './rewrite.ts'

export interface CreatedStack {
  readonly status: string
  /** Logical ids, of what moto has made of the template. */
  readonly made: ReadonlySet<string>
  readonly outputs: Readonly<Record<string, string>>
  /** With every reference filled in, as moto resolved it. */
  ofType(type: string): readonly Json[]
  /** How many of each type were made through their service's API instead. */
  readonly apart: ReadonlyMap<string, number>
}

interface Target {
  readonly cloudFormation: CloudFormationClient
  readonly api: Api
}

/** Creates the stack, and what moto leaves out of it through the services themselves. */
export async function createStack(target: Target, StackName: string, template: Template): Promise<CreatedStack> {
  const { api, cloudFormation } = target
  const all = Object.entries(template.Resources)
  const kept = all.filter(([, { Type }]) => !(Type in lacking))
  const bucket = await putAssets(api, template)
  const known = await makeEarly(api, all)
  // As `cdk deploy` does it: a template in the request may have 51,200 bytes.
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  await api.rest('s3', 'PUT', `/${bucket}/template`, JSON.stringify(templateFor(template, new Map(kept), known)))
  const TemplateURL = `https://s3.amazonaws.com/${bucket}/template`
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateURL, Capabilities: ['CAPABILITY_NAMED_IAM'] }))
  const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
  const outputs = Object.fromEntries((stack?.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue]))
  const resolved = await makeLate(api, all, known, (id) => outputs[`${resolvedPrefix}${id}`] ?? '{}')
  return {
    status: stack?.StackStatus ?? '',
    made: await resourcesOf(cloudFormation, StackName),
    outputs,
    ofType: (type) => all.filter(([, { Type }]) => Type === type).map(([id]) => resolved.get(id) ?? {}),
    apart: countByType(all.filter(([, { Type }]) => Type in lacking)),
  }
}

/** Outputs in which moto tells what it makes of the references in a resource's properties. */
const resolvedPrefix = 'Resolved'

function templateFor(template: Template, kept: ReadonlyMap<string, Resource>, known: ReadonlyMap<string, Made>) {
  const value = (id: string, attribute: string) => known.get(id)?.[attribute]
  const isLeftOut = (id: string) => id in template.Resources && !kept.has(id)
  const inStack = (id: string, attribute: string) => {
    const found = value(id, attribute)
    if (found === undefined && isLeftOut(id)) {
      throw new Error(`${attribute} of ${id} has to be known before the stack is made: see lacking.ts`)
    }
    return found
  }
  const resources = [...kept].map(([id, resource]) => {
    const { DependsOn = [], ...rest } = rewritten[resource.Type]?.by(resource) ?? resource
    const dependsOn = [DependsOn].flat().filter((other) => kept.has(other))
    return [id, { ...withoutReferences(rest, inStack), ...(dependsOn.length > 0 ? { DependsOn: dependsOn } : {}) }]
  })
  const resolved = Object.entries(template.Resources).map(([id, resource]) => {
    const { Properties = {} } = rewritten[resource.Type]?.by(resource) ?? resource
    const filled = withoutReferences(Properties, (other, attribute) =>
      isLeftOut(other) ? (value(other, attribute) ?? token(other, attribute)) : value(other, attribute),
    )
    return [`${resolvedPrefix}${id}`, { Value: { 'Fn::ToJsonString': filled } }]
  })
  const outputs = withoutReferences(template.Outputs ?? {}, inStack)
  return {
    Parameters: template.Parameters,
    Resources: Object.fromEntries(resources),
    Outputs: { ...outputs, ...Object.fromEntries(resolved) },
  }
}

type Resources = readonly (readonly [string, Resource])[]

async function makeEarly(api: Api, all: Resources): Promise<Map<string, Made>> {
  const known = new Map<string, Made>()
  for (const [id, resource] of all) {
    const { Type, Properties = {} } = resource
    const [how, reference] = [lacking[Type], references[Type]]
    if (reference) known.set(id, { Ref: reference.by(resource) })
    if (how?.early) known.set(id, await how.make(api, Properties as never))
    else if (how?.known) known.set(id, how.known(Properties as never, api))
  }
  return known
}

async function makeLate(
  api: Api,
  all: Resources,
  known: Map<string, Made>,
  resolvedBy: (id: string) => string,
): Promise<ReadonlyMap<string, Json>> {
  for (const [type, how] of Object.entries(lacking)) {
    if (how.early) continue
    for (const [id, { Type }] of all) {
      if (Type !== type) continue
      const properties = JSON.parse(fillTokens(resolvedBy(id), known)) as never
      known.set(id, { ...known.get(id), ...(await how.make(api, properties)) })
    }
  }
  return new Map(all.map(([id]) => [id, JSON.parse(fillTokens(resolvedBy(id), known)) as Json]))
}

/** What `cdk bootstrap` and `cdk deploy` put there: the version of the one, the functions’ code of the other. */
async function putAssets(api: Api, template: Template): Promise<string> {
  const version = { Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Value: '30', Overwrite: true }
  await api.json('ssm', 'AmazonSSM.PutParameter', version)
  const bucket = `cdk-hnb659fds-assets-${api.account}-${api.region}`
  await api.rest(
    's3',
    'PUT',
    `/${bucket}`,
    `<CreateBucketConfiguration><LocationConstraint>${api.region}</LocationConstraint></CreateBucketConfiguration>`,
  )
  for (const { Properties } of Object.values(template.Resources)) {
    const key = (Properties?.['Code'] as { readonly S3Key?: string } | undefined)?.S3Key
    if (key !== undefined) await api.rest('s3', 'PUT', `/${bucket}/${key}`, 'not looked at')
  }
  return bucket
}

async function resourcesOf(cloudFormation: CloudFormationClient, StackName: string): Promise<ReadonlySet<string>> {
  const made = new Set<string>()
  let NextToken: string | undefined
  do {
    const page = await cloudFormation.send(new ListStackResourcesCommand({ StackName, NextToken }))
    for (const { LogicalResourceId = '' } of page.StackResourceSummaries ?? []) made.add(LogicalResourceId)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return made
}

function countByType(resources: Resources): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [, { Type }] of resources) counts.set(Type, (counts.get(Type) ?? 0) + 1)
  return counts
}
