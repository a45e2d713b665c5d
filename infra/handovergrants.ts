import type { Grant } from '../domain/grants.ts'

/** Between those who render and the writers of cluster repositories: lambdas/runtime/commit.ts and write.ts. */

const bucket = 'arn:${partition}:s3:::fairway-${installation}-trees-${account}-${region}'
const queue = 'arn:${partition}:sqs:${region}:${account}:fairway-${installation}-writers.fifo'

const wakeWriters: Grant = { sid: 'WakeWriters', actions: ['sqs:SendMessage'], resources: [queue] }

export const renderingGrants: readonly Grant[] = [
  { sid: 'StoreTrees', actions: ['s3:PutObject'], resources: [`${bucket}/trees/*`] },
  wakeWriters,
]

/** Machines whose executions wait for a commit. */
const waiting = ['reconcile-workload', 'reconcile-system', 'retire-workload', 'rotate-credential']

export const writingGrants: readonly Grant[] = [
  { sid: 'ReadTrees', actions: ['s3:GetObject'], resources: [`${bucket}/trees/*`] },
  // Without it S3 says of an object that is not there that it is denied:
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  { sid: 'MissTrees', actions: ['s3:ListBucket'], resources: [bucket] },
  wakeWriters,
  {
    // Lambda takes them in the function's name: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    sid: 'TakeMessages',
    actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    resources: [queue],
  },
  {
    sid: 'AnswerExecutions',
    actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
    resources: waiting.map(
      (machine) => 'arn:${partition}:states:${region}:${account}:stateMachine:fairway-${installation}-' + machine,
    ),
  },
]
