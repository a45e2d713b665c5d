import { describe, expect, test } from 'vitest'
import type { DeliveredEntry } from '../domain/outputs.ts'
import { renderExternalSecrets } from './index.ts'

const entry: DeliveredEntry = {
  entry: 'stripe',
  secret: 'fairway/acme/dev/policy-admin/quotes/stripe',
  versions: [{ versionId: '6a0ed202-48b3-5d85-af97-a29a5228b88b', generation: 1 }],
  keys: ['apiKey', 'hook'],
}
const recipient = { system: 'policy-admin', workload: 'quotes', labels: { 'app.kubernetes.io/name': 'quotes' } }
const render = (changes: Partial<DeliveredEntry> = {}) => renderExternalSecrets({ ...entry, ...changes }, recipient)

describe('the ExternalSecret of a version', () => {
  test('names exactly that version for every key, so that a later one changes nothing', () => {
    const [manifest] = render()
    expect(manifest?.object).toMatchObject({
      apiVersion: 'external-secrets.io/v1',
      spec: {
        refreshPolicy: 'CreatedOnce',
        secretStoreRef: { kind: 'SecretStore', name: 'fairway' },
        data: ['apiKey', 'hook'].map((key) => ({
          secretKey: key,
          remoteRef: { key: entry.secret, property: key, version: `uuid/${entry.versions[0]?.versionId}` },
        })),
      },
    })
  })

  test('makes an immutable Secret of its own name, that stays when the entry vanishes and goes with it', () => {
    const [manifest] = render()
    expect(manifest?.object).toMatchObject({
      spec: {
        target: {
          name: manifest?.object.metadata.name,
          immutable: true,
          creationPolicy: 'Owner',
          deletionPolicy: 'Retain',
        },
      },
    })
  })

  test('is another object, in another file, for another version and for other keys', () => {
    const versions = [{ versionId: '3694f1df-9a75-5f0b-b8c4-bf6bc33713f4', generation: 2 }]
    const all = [render(), render({ versions }), render({ keys: ['apiKey'] })].flat()
    expect(new Set(all.map(({ path }) => path)).size).toBe(3)
    expect(new Set(all.map(({ object }) => object.metadata.name)).size).toBe(3)
  })

  test('is the same whatever the order of the keys', () => {
    expect(render({ keys: ['hook', 'apiKey'] })[0]?.path).toBe(render()[0]?.path)
  })

  test('stands beside that of the version before while both are delivered', () => {
    const both = [...entry.versions, { versionId: '3694f1df-9a75-5f0b-b8c4-bf6bc33713f4', generation: 2 }]
    expect(render({ versions: both }).map(({ path }) => path)).toContain(render()[0]?.path)
    expect(render({ versions: both })).toHaveLength(2)
  })

  test('stands in its workload’s directory, named by entry and version', () => {
    expect(render()[0]?.path).toMatch(/^manifests\/policy-admin\/quotes\/externalsecret-stripe-[a-v0-9]{8}\.yaml$/)
  })
})
