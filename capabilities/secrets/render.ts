import { renderExternalSecrets } from '../../secretentries/index.ts'
import { objectLabels } from '../../domain/labels.ts'
import type { Manifest } from '../../domain/manifest.ts'
import type { SecretsOutput } from '../../domain/outputs.ts'
import type { SecretsSubject } from './desired.ts'

/** One ExternalSecret per delivered version of each entry. */
export function render(subject: SecretsSubject, { entries }: SecretsOutput): readonly Manifest[] {
  if (!subject.spec) return []
  const recipient = { system: subject.system.name, workload: subject.workload, labels: objectLabels(subject) }
  return entries.flatMap((entry) => renderExternalSecrets(entry, recipient))
}
