import { objectLabels } from '../../domain/labels.ts'
import type { Manifest } from '../../domain/manifest.ts'
import type { PlacementOutputs } from '../../domain/outputs.ts'
import { renderExternalSecrets } from '../../secretentries/index.ts'
import type { NatsSubject } from './desired.ts'

/** One ExternalSecret per delivered version of the credentials. */
export function render(subject: NatsSubject, { nats }: Pick<PlacementOutputs, 'nats'>): readonly Manifest[] {
  const { system, workload } = subject
  if (!nats) return []
  return renderExternalSecrets(nats.credentials, { system: system.name, workload, labels: objectLabels(subject) })
}
