import { Terminal } from '../../domain/errors.ts'
import type { EcrOutput } from '../../domain/outputs.ts'

/** `.` is the environment's image in the workload's own repository; every other reference carries its digest already. */
export function imageReference(image: string, ecr: EcrOutput, environment: string): string {
  if (image !== '.') return image
  const digest = ecr.images[environment]?.digest
  if (digest === undefined) {
    throw new Terminal(`no image is known for environment ${environment} of ${ecr.repositoryUri}`, {
      fix: 'push an image whose tag matches `image.track`, or pin one with `image.digest`',
    })
  }
  return `${ecr.repositoryUri}@${digest}`
}
