import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { IContainer } from 'kubernetes-models/v1/Container'
import { Terminal } from '../../domain/errors.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { podLabels } from './labels.ts'
import { metadataOfSecondWave } from './metadata.ts'
import { containers, podSpec } from './pod.ts'
import type { Placement } from './spec.ts'

/**
 * How late a run may start. Without it, a controller that was away for more than 100 runs never starts one again.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#cron-job-limitations
 */
const startingDeadlineSeconds = 600

/** Attempts of one run besides the first. */
const retries = 2

export function cronJob(placement: Placement): ICronJob & KubernetesObject {
  const { subject, spec } = placement
  if (spec.schedule === undefined) throw new Terminal(`${subject.workload} is a cronjob without \`schedule\``)
  const [main, ...others] = containers(placement)
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOfSecondWave(subject),
    spec: {
      schedule: spec.schedule.cron,
      timeZone: spec.schedule.timeZone,
      concurrencyPolicy: spec.schedule.concurrency,
      startingDeadlineSeconds,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          backoffLimit: retries,
          template: {
            metadata: { labels: podLabels(subject) },
            spec: {
              ...podSpec(placement),
              // A failed pod stays, and its log with it.
              restartPolicy: 'Never',
              ...(others.length > 0 ? { initContainers: others.map(beside) } : {}),
              containers: [main],
            },
          },
        },
      },
    },
  }
}

/**
 * A container that runs beside a job must not keep it from ending: Kubernetes stops such a sidecar after `main`.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
function beside(container: IContainer): IContainer {
  return { ...container, restartPolicy: 'Always' }
}
