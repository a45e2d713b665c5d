import type { Api, Json } from './api.ts'

/** What a `Ref` and each `Fn::GetAtt` of a resource stand for. */
export type Made = Readonly<Record<string, string>>

interface Lacking {
  /** Made before the stack, whose resources refer to it. */
  readonly early?: true
  /** What others may say of it before it is made: names and ARNs that follow from its properties. */
  readonly known?: (properties: Properties, api: Api) => Made
  /** Through the service's own API, which moto has. The properties are those of the template, references filled in. */
  readonly make: (api: Api, properties: Properties) => Promise<Made>
}

type Properties = Readonly<Record<string, never>>

const none: Made = {}

/**
 * Resource types that moto 5.2.5 does not make from a template, in the order in which they are made here instead. All
 * of them name services that moto has, so that properties are still read by somebody else.
 */
export const lacking: Readonly<Record<string, Lacking>> = {
  'AWS::ApiGatewayV2::Api': {
    early: true,
    make: async (api, properties) => {
      const { apiId, apiEndpoint } = await api.rest('apigateway', 'POST', '/v2/apis', camelCase(properties))
      return { Ref: String(apiId), ApiId: String(apiId), ApiEndpoint: String(apiEndpoint) }
    },
  },
  'AWS::ApiGatewayV2::Integration': {
    make: async (api, { ApiId, ...properties }) => {
      const made = await api.rest('apigateway', 'POST', `/v2/apis/${ApiId}/integrations`, camelCase(properties))
      return { Ref: String(made['integrationId']) }
    },
  },
  'AWS::ApiGatewayV2::Route': {
    make: async (api, { ApiId, ...properties }) => {
      const made = await api.rest('apigateway', 'POST', `/v2/apis/${ApiId}/routes`, camelCase(properties))
      return { Ref: String(made['routeId']) }
    },
  },
  'AWS::ApiGatewayV2::Stage': {
    make: async (api, { ApiId, ...properties }) => {
      await api.rest('apigateway', 'POST', `/v2/apis/${ApiId}/stages`, camelCase(properties))
      return { Ref: properties['StageName'] ?? '' }
    },
  },
  'AWS::CloudWatch::Alarm': {
    known: ({ AlarmName }, { region, account }) => ({
      Ref: AlarmName ?? '',
      Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}`,
    }),
    make: async (api, properties) => {
      await api.json('monitoring', 'GraniteServiceVersion20100801.PutMetricAlarm', properties)
      return none
    },
  },
  'AWS::Events::EventBusPolicy': {
    make: async (api, { Statement, ...properties }) => {
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
      await api.json('events', 'AWSEvents.PutPermission', { ...properties, StatementId: undefined, Policy })
      return none
    },
  },
  'AWS::Lambda::EventInvokeConfig': {
    make: async (api, { FunctionName, ...properties }) => {
      await api.rest('lambda', 'PUT', `/2019-09-25/functions/${FunctionName}/event-invoke-config`, properties)
      return none
    },
  },
  // Moto makes it, and lists it without a name.
  'AWS::S3::BucketPolicy': {
    make: async (api, { Bucket, PolicyDocument }) => {
      await api.rest('s3', 'PUT', `/${Bucket}?policy`, JSON.stringify(PolicyDocument))
      return none
    },
  },
  'AWS::SQS::QueuePolicy': {
    make: async (api, { Queues, PolicyDocument }) => {
      const Attributes = { Policy: JSON.stringify(PolicyDocument) }
      for (const QueueUrl of (Queues ?? []) as readonly string[]) {
        await api.json('sqs', 'AmazonSQS.SetQueueAttributes', { QueueUrl, Attributes })
      }
      return none
    },
  },
  'AWS::Scheduler::ScheduleGroup': {
    early: true,
    make: async (api, { Name, ...properties }) => {
      const made = await api.rest('scheduler', 'POST', `/schedule-groups/${Name}`, properties)
      return { Ref: Name ?? '', Arn: String(made['ScheduleGroupArn']) }
    },
  },
  'AWS::Scheduler::Schedule': {
    make: async (api, { Name, ...properties }) => {
      const made = await api.rest('scheduler', 'POST', `/schedules/${Name}`, properties)
      return { Ref: Name ?? '', Arn: String(made['ScheduleArn']) }
    },
  },
  'AWS::SecretsManager::Secret': {
    make: async (api, properties) => {
      const made = await api.json('secretsmanager', 'secretsmanager.CreateSecret', properties)
      return { Ref: String(made['ARN']) }
    },
  },
}

/** Names of members as the API has them; keys that are data, such as `POST /webhooks/github` and tags, stay. */
function camelCase(value: Json): Json {
  const converted = (member: unknown): unknown => {
    if (Array.isArray(member)) return member.map(converted)
    return typeof member === 'object' && member !== null ? camelCase(member as Json) : member
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      /^[A-Z][a-z]/.test(key) ? `${key.charAt(0).toLowerCase()}${key.slice(1)}` : key,
      converted(member),
    ]),
  )
}
