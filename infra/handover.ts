import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Names } from './names.ts'
import { stages } from './stages.ts'

export interface HandoverProps {
  readonly names: Names
  /** The bucket is deleted with the stack, if it is empty. */
  readonly disposable: boolean
}

/** AWS's advice, so that Lambda can try again while it is throttled. In multiples of the function's timeout. */
const visibility = 6

/** Deliveries of a message before it is left for people: what is out of reach for a while is given back before that. */
const deliveries = 30

/**
 * The way from those who render to the writers of cluster repositories: storage for what was rendered, and the queue that
 * wakes one writer for each repository. Encrypted by their services: manifests hold no secret value (P3).
 */
export class Handover extends Construct {
  readonly contents: Bucket
  /** FIFO by repository and branch. */
  readonly writers: Queue
  readonly undelivered: Queue

  constructor(scope: Construct, id: string, { names, disposable }: HandoverProps) {
    super(scope, id)
    this.contents = new Bucket(this, 'Contents', {
      bucketName: `${names.base}-trees-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // An object's name is the hash of what is in it: there are no versions of it.
      versioned: false,
      lifecycleRules: [{ expiration: Duration.days(14), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    acknowledge(
      this.contents,
      'S1',
      'what is in it for two weeks stands in git afterwards, and no name in it can be guessed: a log of requests says nothing more',
    )
    const kept = { fifo: true, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const
    this.undelivered = new Queue(this, 'Undelivered', {
      ...kept,
      queueName: names.with('writers-undelivered.fifo'),
      retentionPeriod: Duration.days(14),
    })
    this.writers = new Queue(this, 'Writers', {
      ...kept,
      queueName: names.with('writers.fifo'),
      retentionPeriod: Duration.days(14),
      visibilityTimeout: Duration.seconds(visibility * stages.write.timeout),
      // Each repository by itself: more than 300 messages a second in all.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: deliveries },
    })
  }

  /**
   * One call at a time for a repository, and what failed for one comes back without that of others in the same call. What
   * it takes to take messages is among the function's grants.
   */
  wake(write: IFunction): void {
    const eventSourceArn = this.writers.queueArn
    new EventSourceMapping(this, 'Wake', {
      target: write,
      eventSourceArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    })
  }
}
