import { CreateSecretCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { fromAws } from '../../domain/awserrors.ts'
import { secretName, tagKeys } from '../../domain/names.ts'
import { memoryTable } from '../../store/memory.ts'
import { awsErrors, countingRandom, home, secretsOf, surrounded, testAws } from '../../test/contract/provisioner-aws.ts'
import type { Around } from '../../test/contract/provisioner-probe.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { provisionerContract } from '../../test/contract/provisioner.ts'
import { nats } from './index.ts'
import type { NatsSubject } from './index.ts'
import { memoryProvider } from './memory.ts'

const wanted: NatsSubject = {
  installation,
  system: systemNamed('policy-admin', { nats: { prefixes: ['quotes'] } }),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev', { nats: { url: 'nats://nats.example:4222' } }),
  spec: { nats: { publish: ['quotes.created'], expiresAfter: '720h' } },
}
const { spec: _spec, ...retired } = wanted
const changed: NatsSubject = { ...wanted, spec: { nats: { subscribe: ['quotes.>'], expiresAfter: '720h' } } }
const name = secretName('acme', 'dev', 'policy-admin', 'quotes', 'nats')
const control = { account: '999999999999', region: home.region }

/** A port's calls go through `around`, and fail as the port does: with Fairway's own errors. */
function around<Port extends object>(port: Port, reads: readonly string[], through: Around): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      const operation = String(property)
      const access = reads.includes(operation) ? ('read' as const) : ('write' as const)
      return async (...parameters: unknown[]) => {
        try {
          return await through({ operation, access }, async () => Reflect.apply(member, target, parameters) as unknown)
        } catch (error) {
          throw fromAws(error, operation)
        }
      }
    },
  })
}

provisionerContract({
  provisioner: nats,
  steadyReads: 3,
  // A secret's recovery window, and the account of the system, which its other workloads share.
  mayStay: (line) => line.includes('"deleted":true') || line.includes('fairway-control/'),
  errors: awsErrors,
  world: async (options) => {
    const { aws, clock, now, settle } = testAws(options)
    const table = memoryTable()
    const provider = memoryProvider({ clock, servers: 2 })
    const outside = aws.outside.secretsManager()
    let unmarked = false
    return {
      remote: {
        table: around(table, ['get', 'getMany'], options.around),
        provider: around(provider, ['read', 'admits'], options.around),
        secrets: surrounded(aws.secretsManager(), options.around),
        control: surrounded(aws.secretsManager(control), options.around),
        clock,
        random: countingRandom(),
      },
      subjects: { wanted, changed, retired },
      now,
      settle,
      inventory: async () => {
        const roles = provider.state.flatMap(({ store }, server) =>
          Object.values(store).flatMap(({ claims }) =>
            (claims.nats['signing_keys'] as readonly { readonly role: string; readonly template: object }[]).map(
              ({ role, template }) => `server ${server}: ${role}: ${JSON.stringify(template)}`,
            ),
          ),
        )
        const secrets = [...(await secretsOf(aws)), ...(await secretsOf(aws, control))]
        // What somebody took away is the secret. The role is in Fairway's own account, and goes.
        return [...secrets, ...(unmarked ? [] : roles)]
      },
      occupy: async () => {
        await outside.send(new CreateSecretCommand({ Name: name, SecretString: '{"nats.creds":"theirs"}' }))
      },
      adoption: { secret: { id: name, incarnation: 1, adopted: true } },
      unmark: async () => {
        await outside.send(new UntagResourceCommand({ SecretId: name, TagKeys: [tagKeys.installation] }))
        unmarked = true
      },
    }
  },
})
