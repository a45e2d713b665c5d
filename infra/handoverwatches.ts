import { Duration } from 'aws-cdk-lib'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Watch } from './alarms.ts'

/** Seconds. Changes that wait for longer are given back, with the git host out of reach for example. */
const late = 900

/** Alarms of the writers of cluster repositories. */
export function handoverWatches(writers: IQueue, undelivered: IQueue): readonly Watch[] {
  const maximum = { period: Duration.minutes(5), statistic: 'Maximum' }
  return [
    {
      name: 'writers-late',
      description:
        'changes wait for their commit, and the writer of a repository does not get to them; its log says why',
      metric: writers.metricApproximateAgeOfOldestMessage(maximum),
      atLeast: late,
      periods: 1,
      of: 1,
    },
    {
      name: 'writers-undelivered',
      description: 'the writer of a repository failed again and again; the queue says of which, its log says why',
      metric: undelivered.metricApproximateNumberOfMessagesVisible(maximum),
      atLeast: 1,
      periods: 1,
      of: 1,
    },
  ]
}
