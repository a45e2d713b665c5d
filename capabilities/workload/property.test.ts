import fc from 'fast-check'
import { expect, it } from 'vitest'
import { emit } from '../../manifests/write.ts'
import { checkManifest, podSecurityViolations } from '../../test/support/crds.ts'
import { placedSpec, workloadSpec } from '../schema.ts'
import { digest, entry, natsOutput, outputs, sidecar, subject } from './fixture.ts'
import { workload } from './index.ts'

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,8}){0,2}$/)
const path = fc.stringMatching(/^(\/[A-Za-z0-9._-]{1,6}){1,3}$/)
const port = fc.integer({ min: 1, max: 65_535 })
const cpu = fc.constantFrom('1m', '100m', '0.5', '2', '1.25')
const memory = fc.constantFrom('1Ki', '64Mi', '1Gi')
const amounts = fc.record({ cpu, memory }, { requiredKeys: [] })
const probe = fc.oneof(
  fc.record({ httpGet: fc.record({ path: fc.constantFrom('/', '/ready?x=1'), port }) }),
  fc.record({ exec: fc.record({ command: fc.array(fc.string(), { minLength: 1, maxLength: 3 }) }) }),
)
const container = fc.record(
  {
    image: fc.constantFrom('.', sidecar, `registry.example:5000/a/b@${digest}`),
    command: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    args: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    variables: fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/), fc.string()),
    writable: fc.array(fc.oneof({ weight: 9, arbitrary: path }, fc.constantFrom('/tmp', '/var/run/fairway')), {
      maxLength: 3,
    }),
    resources: fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] }),
    livenessProbe: probe,
    readinessProbe: probe,
  },
  { requiredKeys: ['image'] },
)
const ports = fc.dictionary(
  label.map((name) => name.slice(0, 15)),
  fc.record({ port, targetPort: port, protocol: fc.constantFrom('TCP', 'UDP') }, { requiredKeys: ['port'] }),
  { minKeys: 1, maxKeys: 4 },
)
const scaling = fc.record(
  { min: fc.integer({ min: 1, max: 5 }), max: fc.integer({ min: 1, max: 9 }) },
  { requiredKeys: [] },
)
const cron = fc.constantFrom('* * * * *', '*/5 0-4 1,15 jan-mar MON', '0 0 31 12 6', '60 * * * *')
const common = {
  containers: fc
    .tuple(container, fc.dictionary(label, container, { maxKeys: 2 }))
    .map(([main, others]) => ({ ...others, main })),
  scaling,
  environments: fc.constant({ dev: {} }),
}
const declared = fc.oneof(
  fc.record({ type: fc.constant('service'), ...common, service: fc.record({ ports }) }),
  fc.record({ type: fc.constant('worker'), ...common }),
  fc.record({ type: fc.constant('cronjob'), ...common, schedule: fc.record({ cron }) }),
)
const secrets = {
  nats: natsOutput,
  secrets: { entries: [entry('nats-2', ['a.b', '_c'], 'v1'), entry('x'.repeat(40), ['value'], 'v2')] },
}

it('whatever the schema accepts is something that the API server accepts and that passes the restricted standard', () => {
  let accepted = 0
  fc.assert(
    fc.property(declared, fc.boolean(), (given, withSecrets) => {
      if (!workloadSpec.safeParse(given).success) return
      const one = subject(given, 'dev', { networkPolicies: {} })
      if (!placedSpec.safeParse(one.spec).success) return
      accepted++
      for (const { object } of workload.render(one, outputs(withSecrets ? secrets : {}))) {
        expect(checkManifest(object)).toEqual([])
        expect(podSecurityViolations(object)).toEqual([])
        expect(emit(object)).toBe(emit(structuredClone(object)))
      }
    }),
    { numRuns: 1000, seed: 20_261_120 },
  )
  expect(accepted).toBeGreaterThan(100)
})
