import type { Manifest } from '../../domain/manifest.ts'
import type { PlacementOutputs } from '../../domain/outputs.ts'
import { renderExternalSecrets } from '../../secretentries/index.ts'
import type { NatsSubject } from './desired.ts'

/** One ExternalSecret per delivered version of the credentials. */
export function render(
  { system, workload }: NatsSubject,
  { nats }: Pick<PlacementOutputs, 'nats'>,
): readonly Manifest[] {
  if (!nats) return []
  const labels = {
    'app.kubernetes.io/name': workload,
    'app.kubernetes.io/part-of': system.name,
    'app.kubernetes.io/managed-by': 'fairway',
  }
  return renderExternalSecrets(nats.credentials, { system: system.name, workload, labels })
}
