import { expect, test } from 'vitest'
import { versionToken } from '../../domain/names.ts'
import type { DeliveredEntry } from '../../domain/outputs.ts'
import { goldenManifests } from '../../test/contract/provisioner-golden.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import type { SecretsSubject } from './index.ts'
import { secrets } from './index.ts'

const subject: SecretsSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: { secrets: {} },
}

function delivered(entry: string, keys: readonly string[], ...generations: readonly number[]): DeliveredEntry {
  const secret = `fairway/acme/dev/policy-admin/quotes/${entry}`
  const versions = generations.map((generation) => ({ versionId: versionToken(secret, 1, generation), generation }))
  return { entry, secret, versions, keys }
}

goldenManifests(import.meta.dirname, {
  'several-entries': () => {
    const entries = [delivered('stripe', ['hook', 'apiKey'], 3), delivered('session', ['value'], 1)]
    return secrets.render(subject, { secrets: { entries } })
  },
  overlap: () => secrets.render(subject, { secrets: { entries: [delivered('session', ['value'], 1, 2)] } }),
})

test('an entry that nobody filled yet has no ExternalSecret', () => {
  expect(secrets.render(subject, { secrets: { entries: [delivered('stripe', ['apiKey'])] } })).toEqual([])
})
